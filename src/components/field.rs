//! The labelled controls that every form is made of.
//!
//! A label is bound to each; below it a line is reserved for what is wrong with it or worth knowing, so that
//! nothing moves when there is something to say.

use std::rc::Rc;

use web_sys::{HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

use crate::store::page::Action;
use crate::store::{Field, Forms, Problems, Switch};

/// What the controls of all forms share.
#[derive(Clone, PartialEq)]
pub struct FormView {
    pub forms: Forms,
    pub problems: Rc<Problems>,
    pub act: Callback<Action>,
}

/// The control that a field is edited with.
#[derive(Clone, Copy, PartialEq)]
pub enum Control {
    /// One line; the text that an empty one stands for.
    Line(&'static str),
    /// One line of digits.
    Number,
    /// One line with suggestions.
    Suggest(&'static str, &'static [&'static str]),
    /// A password, shown or not.
    Secret { shown: bool },
    /// Several lines.
    Lines(u32),
    /// One of several values, each with its words.
    Choice(&'static [(&'static str, &'static str)]),
}

#[derive(Properties, PartialEq)]
pub struct TextFieldProps {
    pub view: FormView,
    pub field: Field,
    pub label: AttrValue,
    pub control: Control,
    #[prop_or_default]
    pub placeholder: AttrValue,
    #[prop_or_default]
    pub class: &'static str,
    /// A button beside the control.
    #[prop_or_default]
    pub children: Html,
}

/// A field that takes text, with its label, its message and what stands beside it.
#[component]
pub fn TextField(props: &TextFieldProps) -> Html {
    let TextFieldProps { view, field, label, class, children, .. } = props;
    html! {
        <div class={classes!("field", *class)}>
            <label for={field.id()}>{ label }</label>
            <div class="control">{ control(props) }{ children.clone() }</div>
            <Message view={view.clone()} field={*field} />
        </div>
    }
}

fn control(props: &TextFieldProps) -> Html {
    let TextFieldProps { view, field, control, .. } = props;
    let field = *field;
    let value = view.forms.text(field);
    let act = view.act.clone();
    let oninput = Callback::from(move |event: InputEvent| {
        if let Some(text) = typed(&event) {
            act.emit(Action::Text(field, text));
        }
    });
    let invalid = view.problems.at(field).map(|_| "true");
    let described = message_id(field);
    match *control {
        Control::Lines(rows) => html! {
            <textarea id={field.id()} rows={rows.to_string()} {value} {oninput} spellcheck="false"
                aria-invalid={invalid} aria-describedby={described} />
        },
        Control::Choice(choices) => html! {
            <select id={field.id()} onchange={on_choice(view, field)} aria-describedby={described}>
                { for choices.iter().map(|(choice, words)| html! {
                    <option value={*choice} selected={*choice == value}>{ *words }</option>
                }) }
            </select>
        },
        _ => {
            let (kind, mode) = match *control {
                Control::Secret { shown: false } => ("password", None),
                Control::Number => ("text", Some("numeric")),
                _ => ("text", None),
            };
            let suggestions = match *control {
                Control::Suggest(id, names) => Some((id, names)),
                _ => None,
            };
            html! { <>
                <input id={field.id()} type={kind} inputmode={mode} {value} {oninput}
                    placeholder={&props.placeholder} list={suggestions.map(|(id, _)| id)}
                    autocomplete="off" autocapitalize="off" spellcheck="false"
                    aria-invalid={invalid} aria-describedby={described} />
                if let Some((id, names)) = suggestions {
                    <datalist {id}>{ for names.iter().map(|name| html! { <option value={*name} /> }) }</datalist>
                }
            </> }
        }
    }
}

fn on_choice(view: &FormView, field: Field) -> Callback<Event> {
    let act = view.act.clone();
    Callback::from(move |event: Event| {
        if let Some(select) = event.target_dyn_into::<HtmlSelectElement>() {
            act.emit(Action::Text(field, select.value()));
        }
    })
}

fn typed(event: &InputEvent) -> Option<String> {
    let line = event.target_dyn_into::<HtmlInputElement>().map(|input| input.value());
    line.or_else(|| event.target_dyn_into::<HtmlTextAreaElement>().map(|area| area.value()))
}

#[derive(Properties, PartialEq)]
pub struct MessageProps {
    pub view: FormView,
    pub field: Field,
}

/// The line below a field or a button: what is wrong, or else what is worth knowing.
#[component]
pub fn Message(props: &MessageProps) -> Html {
    let MessageProps { view, field } = props;
    let problem = view.problems.at(*field);
    let class = if problem.is_some() { "message problem" } else { "message" };
    let words = problem.map_or_else(|| view.forms.hint(*field).to_owned(), str::to_owned);
    html! { <p id={message_id(*field)} {class}>{ words }</p> }
}

/// The id of the line that says what is wrong with a field.
#[must_use]
pub fn message_id(field: Field) -> String {
    [field.id(), "-message"].concat()
}

#[derive(Properties, PartialEq)]
pub struct CheckProps {
    pub view: FormView,
    pub switch: Switch,
    pub label: AttrValue,
    #[prop_or_default]
    pub described: Option<&'static str>,
}

/// A box to tick, with its label.
#[component]
pub fn Check(props: &CheckProps) -> Html {
    let CheckProps { view, switch, label, described } = props;
    let switch = *switch;
    let act = view.act.clone();
    let onchange = Callback::from(move |event: Event| {
        if let Some(input) = event.target_dyn_into::<HtmlInputElement>() {
            act.emit(Action::Switch(switch, input.checked()));
        }
    });
    html! {
        <label class="check" for={switch.id()}>
            <input id={switch.id()} type="checkbox" checked={view.forms.is_on(switch)} {onchange}
                aria-describedby={*described} />
            <span>{ label }</span>
        </label>
    }
}

/// A submit handler that does `action` instead of what a browser does with a form.
#[must_use]
pub fn on_submit(action: &Callback<()>) -> Callback<SubmitEvent> {
    action.reform(|event: SubmitEvent| event.prevent_default())
}

/// The values of a QoS, with their words.
pub const QOS_CHOICES: &[(&str, &str)] =
    &[("0", "0 at most once"), ("1", "1 at least once"), ("2", "2 exactly once")];
