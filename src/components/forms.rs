//! The pane of the forms. A component of its own: packets that come in do not draw it anew.

use std::rc::Rc;

use mqttscope_client::ConnectionState;
use yew::prelude::*;

use super::connection::CONNECTION;
use super::element::{classed, element};
use super::parts::{Part, View};
use super::publish::PUBLISH;
use super::subscribe::SUBSCRIBE;
use super::switches::SWITCHES;
use super::will::WILL;
use crate::browser;
use crate::store::page::Page;

#[derive(Properties, PartialEq)]
pub struct FormsProps {
    pub page: Page,
    pub connection: Rc<ConnectionState>,
}

/// Connection, will, test switches; subscribe and publish.
pub struct Forms;

impl Component for Forms {
    type Message = ();
    type Properties = FormsProps;

    fn create(_: &Context<Self>) -> Self {
        Self
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let FormsProps { page, connection } = ctx.props();
        let view = View {
            page: page.clone(),
            connection: connection.clone(),
            now: 0,
            default_url: browser::place().default_url,
        };
        let regions = vec![
            classed("div", "region connection-region", view.draw(CONNECTING)),
            classed("div", "region messages-region", view.draw(MESSAGES)),
        ];
        element("div", &["class"], &[Some("forms")], regions)
    }
}

const CONNECTING: &[Part] = &[CONNECTION, WILL, SWITCHES];
const MESSAGES: &[Part] = &[SUBSCRIBE, PUBLISH];
