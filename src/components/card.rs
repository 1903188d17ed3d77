//! A card of the left column, which folds.

use yew::prelude::*;

/// A card with a title, and words beside it that can be read while the card is folded. Whether it is open is the
/// browser's to keep.
pub fn card(title: &'static str, note: &'static str, open: bool, body: Html) -> Html {
    html! {
        <details class="card" {open}>
            <summary><h2>{ title }</h2><span class="note">{ note }</span></summary>
            <div class="card-body">{ body }</div>
        </details>
    }
}
