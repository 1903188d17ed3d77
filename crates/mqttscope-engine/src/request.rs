//! What the page asks for as what a client takes.

use mqttscope_client as client;
use mqttscope_link as link;
use mqttscope_proto::KeepAlive;
use mqttscope_proto::session::{ConnectOptions, WillOptions};

/// The request that a client takes.
pub(crate) fn connect_request(request: link::ConnectRequest) -> client::ConnectRequest {
    let will = request.will.map(|will| WillOptions {
        topic: will.topic,
        message: will.message,
        qos: will.qos,
        retain: will.retain,
    });
    client::ConnectRequest {
        url: request.url,
        subprotocols: request.subprotocols,
        options: ConnectOptions {
            version: request.version,
            client_id: request.client_id,
            clean_session: request.clean_session,
            keep_alive: KeepAlive::from_secs(request.keep_alive_secs),
            will,
            username: request.username,
            password: request.password,
        },
    }
}
