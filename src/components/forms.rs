//! The pane of the forms. A component of its own: packets that come in do not draw it anew.

use std::rc::Rc;

use mqttscope_client::ConnectionState;
use mqttscope_link::{RepeatState, SubscriptionFigures};
use mqttscope_view::Form;
use yew::prelude::*;

use super::authentication::{AUTHENTICATION, has_authentication};
use super::connection::CONNECTION;
use super::connections::connections;
use super::disconnect::DISCONNECT;
use super::element::{classed, element};
use super::form_dsl::{View, Widget};
use super::messages::MESSAGES as KEPT;
use super::publish::PUBLISH;
use super::repeat::REPEAT;
use super::subscribe::SUBSCRIBE;
use super::switches::SWITCHES;
use super::will::WILL;
use crate::browser;
use crate::store::page::Page;
use crate::store::slots::Named;

#[derive(Properties, PartialEq)]
pub struct FormsProps {
    pub page: Page,
    pub connection: Rc<ConnectionState>,
    pub repeat: Option<Rc<RepeatState>>,
    pub figures: Rc<[SubscriptionFigures]>,
    pub slots: Rc<[Named]>,
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
        let FormsProps { page, connection, repeat, figures, slots } = ctx.props();
        let view = View {
            page: page.clone(),
            connection: connection.clone(),
            repeat: repeat.clone(),
            figures: figures.clone(),
            slots: slots.clone(),
            now: 0,
            default_url: browser::place().default_url,
        };
        let has_properties = view.version(Form::Disconnect).has_properties();
        // What is not shown keeps its place: yew would make what stands before it anew, and the focus would be lost.
        let card = |is_shown: bool, card: &Widget| match is_shown {
            true => view.draw(std::slice::from_ref(card)).into_iter().collect(),
            false => Html::default(),
        };
        let mut connecting = vec![connections(&view)];
        connecting.extend(view.draw(CONNECTING));
        connecting.push(card(has_properties && has_authentication(&view), &AUTHENTICATION));
        connecting.push(card(has_properties, &DISCONNECT));
        connecting.extend(view.draw(&[SWITCHES]));
        let above = vec![
            classed("div", "region connection-region", connecting),
            classed("div", "region messages-region", view.draw(&[SUBSCRIBE, REPEAT, KEPT])),
        ];
        let regions = vec![
            classed("div", "forms-scroll", above),
            classed("div", "region messages-region forms-foot", view.draw(&[PUBLISH])),
        ];
        element("div", &["class"], &[Some("forms")], regions)
    }
}

const CONNECTING: &[Widget] = &[CONNECTION, WILL];
