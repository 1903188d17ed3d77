//! The walk-through of the page in a browser, over each chain, in both versions.
//!
//! `cargo xtask interop` runs this. What does not depend on the chain, such as the checks of input, is left to
//! the end-to-end tests.

mod deployed;
mod failures;

use mqttscope_e2e::chain::Version::{self, V31, V311};
use mqttscope_interop::chains::{Broker, Way};
use mqttscope_interop::pages::{chain, independent_client};

/// All that a person does with the page.
macro_rules! whole {
    ($chain:expr) => {
        most!($chain);

        mod large {
            mqttscope_e2e::scenario_tests! { $chain;
                publish: five_megabytes;
            }
        }
    };
}

/// mosquitto's own listener takes longer for 5 MB than a person waits: without that.
macro_rules! most {
    ($chain:expr) => {
        mqttscope_e2e::scenario_tests! { $chain;
            connect: without_user, with_user, user_without_password, disconnects_and_connects_again,
                takes_over_a_client_id;
            keep_alive: pings;
            publish: at_each_qos, between_two_windows, to_itself, text_file, binary_file;
            duplicates: publish_at_each_qos, subscribe_and_unsubscribe;
            retain: late_subscriber;
            subscribe: grants_and_delivers_each_qos, wildcards, unsubscribes;
            will: after_simulated_client_down, after_dropped_connection, not_after_disconnect;
        }
    };
}

/// ActiveMQ's own listener takes a message for a packet, has no keep alive and forgets wills: what is left.
macro_rules! basics {
    ($chain:expr) => {
        mqttscope_e2e::scenario_tests! { $chain;
            connect: without_user, with_user, disconnects_and_connects_again;
            publish: at_each_qos, text_file;
            retain: late_subscriber;
            subscribe: wildcards, unsubscribes;
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

                pub fn start(version: Version) -> anyhow::Result<mqttscope_e2e::chain::Chain> {
                    chain(Way::$way, Broker::$broker, version)
                }

                #[test]
                fn independent() {
                    for version in [V31, V311] {
                        let name = concat!(stringify!($name), "::independent");
                        mqttscope_e2e::stage::run(name, async |stage| {
                            independent_client(stage, &mut start(version)?).await
                        });
                    }
                }
            }
        )+
    };
}

chains! {
    kaazing_activemq: Kaazing, ActiveMq, whole;
    kaazing_mosquitto: Kaazing, Mosquitto, whole;
    gateway_activemq: Gateway, ActiveMq, whole;
    gateway_mosquitto: Gateway, Mosquitto, whole;
    websocket_activemq: Listener, ActiveMq, basics;
    websocket_mosquitto: Listener, Mosquitto, most;
}
