//! A card of the left column, which folds.

use yew::prelude::*;

#[derive(Properties, PartialEq)]
pub struct CardProps {
    pub title: AttrValue,
    #[prop_or(true)]
    pub open: bool,
    /// Words beside the title, to be read when the card is folded.
    #[prop_or_default]
    pub note: AttrValue,
    pub children: Html,
}

/// A card with a title. Whether it is open is the browser's to keep.
#[component]
pub fn Card(props: &CardProps) -> Html {
    html! {
        <details class="card" open={props.open}>
            <summary><h2>{ &props.title }</h2><span class="note">{ &props.note }</span></summary>
            <div class="card-body">{ props.children.clone() }</div>
        </details>
    }
}
