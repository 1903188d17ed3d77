//! The walk-through of the page in a browser, over each chain, in both versions.
//!
//! `cargo xtask interop` runs this. What does not depend on the chain, such as the checks of input, is left to
//! the end-to-end tests.

mod deployed;
mod failures;
mod firefox;

use mqttscope_e2e::chain::Version::{self, V31, V311};
use mqttscope_e2e::stage;
use mqttscope_interop::chains::{Broker, Way};
use mqttscope_interop::pages::{self, Lent, independent_client, lend};

/// All that a person does with the page where a gateway stands before the broker.
macro_rules! gateway {
    ($chain:expr) => {
        listener!($chain);

        mod behind_gateway {
            mqttscope_e2e::scenario_tests! { $chain;
                publish: five_megabytes;
                failures: broker_restarted;
            }
        }
    };
}

/// All that a person does with the page at a broker's own listener: what comes to `gateway_restarted` is the
/// broker there.
macro_rules! listener {
    ($chain:expr) => {
        packets!($chain);

        mod more {
            mqttscope_e2e::scenario_tests! { $chain;
                publish: binary_file;
                will: after_simulated_client_down, after_dropped_connection;
            }
        }
    };
}

/// What does not need more than ActiveMQ's own listener has. `pages::LEFT_OUT` says why that is not all.
macro_rules! packets {
    ($chain:expr) => {
        mqttscope_e2e::scenario_tests! { $chain;
            connect: without_user, with_user, user_without_password, disconnects_and_connects_again,
                takes_over_a_client_id;
            keep_alive: pings;
            publish: at_each_qos, between_two_windows, to_itself, text_file;
            duplicates: publish_at_each_qos, subscribe_and_unsubscribe;
            retain: late_subscriber;
            subscribe: grants_and_delivers_each_qos, wildcards, unsubscribes;
            will: not_after_disconnect;
            failures: gateway_restarted;
        }
    };
}

macro_rules! chains {
    ($($name:ident: $way:ident, $broker:ident, $scenarios:ident;)+) => {
        $(
            mod $name {
                use super::*;

                mod mqtt_3_1 {
                    $scenarios!(crate::$name::start(mqttscope_e2e::chain::Version::V31));
                }

                mod mqtt_3_1_1 {
                    $scenarios!(crate::$name::start(mqttscope_e2e::chain::Version::V311));
                }

                pub fn start(version: Version) -> anyhow::Result<Lent> {
                    lend(Way::$way, Broker::$broker, version)
                }

                #[test]
                fn independent() {
                    for version in [V31, V311] {
                        let name = concat!(stringify!($name), "::independent");
                        let mut chain = start(version).unwrap_or_else(|error| panic!("no chain: {error:#}"));
                        stage::run(name, async |stage| independent_client(stage, &mut chain).await);
                    }
                }
            }
        )+

        #[test]
        fn idle_for_a_minute() {
            let chains: anyhow::Result<Vec<Lent>> = [$($name::start(V311)),+].into_iter().collect();
            let chains = chains.unwrap_or_else(|error| panic!("no chain: {error:#}"));
            stage::run("idle_for_a_minute", async |stage| pages::idle_for_a_minute(stage, &chains).await);
        }
    };
}

chains! {
    kaazing_activemq: Kaazing, ActiveMq, gateway;
    kaazing_mosquitto: Kaazing, Mosquitto, gateway;
    gateway_activemq: Gateway, ActiveMq, gateway;
    gateway_mosquitto: Gateway, Mosquitto, gateway;
    websocket_activemq: Listener, ActiveMq, packets;
    websocket_mosquitto: Listener, Mosquitto, listener;
}
