//! The labelled controls that every form is made of.
//!
//! A label is bound to each; below it a line is reserved for what is wrong with it or worth knowing, so that
//! nothing moves when there is something to say.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::store::page::Action;
use crate::store::settings::Settings;
use crate::store::text::concat;
use crate::store::{Field, Forms, Problems, Switch};

/// What the controls of all forms share.
#[derive(Clone, PartialEq)]
pub struct FormView {
    pub settings: Rc<Settings>,
    pub problems: Rc<Problems>,
    pub act: Callback<Action>,
}

/// The control that a field is edited with.
#[derive(Clone, Copy)]
pub enum Control<'a> {
    /// One line; the text that an empty one stands for.
    Line(&'a str),
    /// One line of digits.
    Number,
    /// One line with suggestions, in a list of that id.
    Suggest(&'static str, &'static [&'static str]),
    /// A password, shown or not.
    Secret { shown: bool },
    /// Several lines.
    Lines(&'static str),
    /// One of several values, each with its words.
    Choice(&'static [(&'static str, &'static str)]),
}

impl FormView {
    /// What is typed and switched.
    #[must_use]
    pub fn forms(&self) -> &Forms {
        &self.settings.forms
    }

    /// A field that takes text, with its label, its message and what stands beside it.
    pub fn field(
        &self,
        field: Field,
        label: &'static str,
        class: &'static str,
        control: Control,
        beside: Html,
    ) -> Html {
        html! {
            <div class={class}>
                <label for={field.id()}>{ label }</label>
                <div class="control">{ self.control(field, control) }{ beside }</div>
                { self.message(field) }
            </div>
        }
    }

    /// The line below a field or a button: what is wrong, or else what is worth knowing.
    pub fn message(&self, field: Field) -> Html {
        let problem = self.problems.at(field);
        let class = if problem.is_some() { "message problem" } else { "message" };
        let words = problem.unwrap_or_else(|| self.forms().hint(field)).to_owned();
        html! { <p id={message_id(field)} {class}>{ words }</p> }
    }

    /// A box to tick, with its label.
    pub fn check(&self, switch: Switch, label: &'static str, described: Option<&'static str>) -> Html {
        let act = self.act.clone();
        let onchange = Callback::from(move |event: Event| {
            if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
                act.emit(Action::Switch(switch, input.checked()));
            }
        });
        html! {
            <label class="check" for={switch.id()}>
                <input id={switch.id()} type="checkbox" checked={self.forms().is_on(switch)} {onchange}
                    aria-describedby={described} />
                <span>{ label }</span>
            </label>
        }
    }

    fn control(&self, field: Field, control: Control) -> Html {
        match control {
            Control::Lines(rows) => self.area(field, rows),
            Control::Choice(choices) => self.choice(field, choices),
            Control::Line(placeholder) => self.line(field, "text", None, placeholder, None),
            Control::Number => self.line(field, "text", Some("numeric"), "", None),
            Control::Secret { shown: true } => self.line(field, "text", None, "", None),
            Control::Secret { shown: false } => self.line(field, "password", None, "", None),
            Control::Suggest(id, names) => html! { <>
                { self.line(field, "text", None, "none", Some(id)) }
                <datalist {id}>{ for names.iter().map(|name| html! { <option value={*name} /> }) }</datalist>
            </> },
        }
    }

    fn line(
        &self,
        field: Field,
        kind: &'static str,
        inputmode: Option<&'static str>,
        placeholder: &str,
        list: Option<&'static str>,
    ) -> Html {
        html! {
            <input id={field.id()} type={kind} {inputmode} {list} placeholder={placeholder.to_owned()}
                value={self.forms().text(field)} oninput={self.on_input(field)}
                autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-invalid={self.invalid(field)} aria-describedby={message_id(field)} />
        }
    }

    fn area(&self, field: Field, rows: &'static str) -> Html {
        html! {
            <textarea id={field.id()} {rows} value={self.forms().text(field)} oninput={self.on_input(field)}
                spellcheck="false" aria-invalid={self.invalid(field)} aria-describedby={message_id(field)} />
        }
    }

    fn choice(&self, field: Field, choices: &'static [(&'static str, &'static str)]) -> Html {
        let chosen = self.forms().text(field);
        let act = self.act.clone();
        let onchange = Callback::from(move |event: Event| {
            if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
                act.emit(Action::Text(field, select.value()));
            }
        });
        html! {
            <select id={field.id()} {onchange} aria-describedby={message_id(field)}>
                { for choices.iter().map(|(choice, words)| html! {
                    <option value={*choice} selected={*choice == chosen}>{ *words }</option>
                }) }
            </select>
        }
    }

    fn on_input(&self, field: Field) -> Callback<InputEvent> {
        let act = self.act.clone();
        Callback::from(move |event: InputEvent| {
            let line = event.target_dyn_into::<HtmlInputElement>().map(|input| input.value());
            let text =
                line.or_else(|| event.target_dyn_into::<HtmlTextAreaElement>().map(|area| area.value()));
            if let Some(text) = text {
                act.emit(Action::Text(field, text));
            }
        })
    }

    fn invalid(&self, field: Field) -> Option<&'static str> {
        self.problems.at(field).map(|_| "true")
    }
}

/// The id of the line that says what is wrong with a field.
#[must_use]
pub fn message_id(field: Field) -> String {
    concat(&[field.id(), "-message"])
}

/// A button that does something else than submit a form. With a reason why it cannot work now it stays reachable,
/// and says the reason.
pub fn button(
    words: &'static str,
    class: &'static str,
    deed: Callback<MouseEvent>,
    idle: Option<&'static str>,
) -> Html {
    html! {
        <button type="button" {class} onclick={deed} aria-disabled={idle.map(|_| "true")} title={idle}>{ words }</button>
    }
}

/// What a person can set in motion from the page.
pub type Deed = Callback<()>;

/// A deed as the handler of a click.
pub fn on_click(deed: &Deed) -> Callback<MouseEvent> {
    let deed = deed.clone();
    Callback::from(move |_| deed.emit(()))
}

/// A deed instead of what a browser does with a form.
pub fn on_submit(deed: &Deed) -> Callback<SubmitEvent> {
    let deed = deed.clone();
    Callback::from(move |event: SubmitEvent| {
        event.prevent_default();
        deed.emit(());
    })
}

/// The values of a QoS, with their words.
pub const QOS_CHOICES: Control =
    Control::Choice(&[("0", "0 at most once"), ("1", "1 at least once"), ("2", "2 exactly once")]);
/// The class of a field as wide as its form, and of one half as wide.
pub const WIDE: &str = "field wide";
pub const HALF: &str = "field";
pub const RIGHT_HALF: &str = "field right";
