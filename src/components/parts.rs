//! The parts that the forms are made of: each form is a table of them, and one function draws any.
//!
//! A label is bound to each control; below it a line is reserved for what is wrong with it or worth knowing, so that
//! nothing moves when there is something to say. What a control does is told by its id or its `data-deed`: the page
//! listens once, for all of them (see `app`).

use std::rc::Rc;

use mqttscope_client::ConnectionState;
use yew::prelude::*;

use super::element::{classed, element, several, tag, text, words};
use crate::store::page::Page;
use crate::store::text::concat;
use crate::store::{Deed, Field, Forms, Switch};

/// What the page shows, at one moment.
pub struct View {
    pub page: Page,
    pub connection: Rc<ConnectionState>,
    /// Milliseconds since the Unix epoch.
    pub now: u64,
    /// What an empty URL stands for.
    pub default_url: String,
}

/// A part of a form, or of a card around it.
pub enum Part {
    /// A card that folds, with words beside its title that can be read while it is folded.
    Card { title: &'static str, note: fn(&View) -> &'static str, open: bool, parts: &'static [Part] },
    /// A form; Enter in it does its deed.
    Form { id: &'static str, deed: Deed, parts: &'static [Part] },
    /// A field that takes text, with its label, its message and what stands beside it.
    Field {
        field: Field,
        label: &'static str,
        class: &'static str,
        control: Control,
        beside: &'static [Part],
    },
    /// A box to tick, with its label and the id of what explains it.
    Check { switch: Switch, label: &'static str, described: Option<&'static str> },
    /// A button; what is hidden of its name is for screen readers.
    Button { deed: Deed, words: &'static str, hidden: &'static str },
    /// The button of a form, with what there is to say of it.
    Submit { deed: Deed, field: Field, words: &'static str, hint: Option<&'static str> },
    /// The line below a field or a button: what is wrong, or else what is worth knowing.
    Message(Field),
    /// Parts in an element of that class.
    Group(&'static str, &'static [Part]),
    /// Words in a paragraph of that class.
    Words(&'static str, &'static str),
    /// What is more than a part.
    Draw(fn(&View) -> Html),
}

/// The control that a field is edited with.
#[derive(Clone, Copy)]
pub enum Control {
    /// One line.
    Line,
    /// One line of digits.
    Number,
    /// One line with suggestions, in a list of that id.
    Suggest(&'static str, &'static [&'static str]),
    /// A password, shown or not.
    Secret,
    /// So many lines.
    Lines(&'static str),
    /// One of several values, each with its words.
    Choice(&'static [(&'static str, &'static str)]),
}

/// What a button has besides its words.
#[derive(Clone, Copy, Default)]
pub struct Look<'a> {
    pub id: Option<&'a str>,
    pub class: Option<&'a str>,
    /// The id of the form that it submits from outside.
    pub form: Option<&'a str>,
    pub name: Option<&'a str>,
    pub described: Option<&'a str>,
    pub title: Option<&'a str>,
}

impl View {
    /// What is typed and switched.
    #[must_use]
    pub fn forms(&self) -> &Forms {
        &self.page.settings.forms
    }

    /// Draws parts.
    pub fn draw(&self, parts: &[Part]) -> Vec<Html> {
        parts.iter().map(|part| self.part(part)).collect()
    }

    fn part(&self, part: &Part) -> Html {
        match *part {
            Part::Card { title, note, open, parts } => self.card(title, note(self), open, parts),
            Part::Form { id, deed, parts } => {
                let keys = &["id", "class", "data-deed", "novalidate"];
                let values = [Some(id), Some("grid"), Some(deed.name()), Some("")];
                element("form", keys, &values, self.draw(parts))
            }
            Part::Field { field, label, class, control, beside } => {
                let mut controls = self.control(field, control);
                controls.extend(self.draw(beside));
                let label = element("label", &["for"], &[Some(field.id())], vec![text(label)]);
                classed("div", class, vec![label, classed("div", "control", controls), self.message(field)])
            }
            Part::Check { switch, label, described } => self.check(switch, label, described),
            Part::Button { deed, words: visible, hidden } => {
                self.button(deed, Look::default(), vec![text(visible), words("span", "hidden", hidden)])
            }
            Part::Submit { deed, field, words, hint } => {
                let message = message_id(field);
                let look = Look {
                    id: Some(field.id()),
                    class: Some("primary"),
                    described: Some(&message),
                    title: hint,
                    ..Look::default()
                };
                self.submit(deed, look, words)
            }
            Part::Message(field) => self.message(field),
            Part::Group(class, parts) => classed("div", class, self.draw(parts)),
            Part::Words(class, said) => words("p", class, said),
            Part::Draw(draw) => draw(self),
        }
    }

    /// Whether a card is open is the browser's to keep.
    fn card(&self, title: &str, note: &str, open: bool, parts: &[Part]) -> Html {
        let head = vec![element("h2", &[], &[], vec![text(title)]), words("span", "note", note)];
        let head = element("summary", &[], &[], head);
        let body = classed("div", "card-body", self.draw(parts));
        element("details", &["class", "open"], &[Some("card"), open.then_some("")], vec![head, body])
    }

    /// The line below a field or a button.
    pub fn message(&self, field: Field) -> Html {
        let problem = self.page.problems.at(field);
        let class = if problem.is_some() { "message problem" } else { "message" };
        let note = self.page.note.as_ref().filter(|note| note.field == field);
        let said = problem.or(note.map(|note| note.words.as_str()));
        let said = said.unwrap_or_else(|| self.forms().hint(field));
        element(
            "p",
            &["id", "class"],
            &[Some(&message_id(field)), Some(class)],
            vec![element("span", &[], &[], vec![text(said)])],
        )
    }

    /// A box to tick, with its label.
    pub fn check(&self, switch: Switch, label: &str, described: Option<&str>) -> Html {
        let keys = &["id", "type", "aria-describedby"];
        let mut input = tag("input", keys, &[Some(switch.id()), Some("checkbox"), described]);
        input.set_checked(self.forms().is_on(switch));
        let label = element("span", &[], &[], vec![text(label)]);
        element("label", &["class", "for"], &[Some("check"), Some(switch.id())], vec![input.into(), label])
    }

    /// A button. If its deed cannot be done now it stays reachable, and says why.
    pub fn button(&self, deed: Deed, look: Look, children: Vec<Html>) -> Html {
        self.any_button("button", Some(deed.name()), deed, look, children)
    }

    /// The button that submits the form of a deed.
    pub fn submit(&self, deed: Deed, look: Look, words: &str) -> Html {
        self.any_button("submit", None, deed, look, vec![text(words)])
    }

    fn any_button(
        &self,
        kind: &str,
        done_by_click: Option<&str>,
        deed: Deed,
        look: Look,
        children: Vec<Html>,
    ) -> Html {
        let idle = deed.idle(&self.connection, self.page.file.is_some());
        let keys = &[
            "type",
            "data-deed",
            "id",
            "class",
            "form",
            "aria-label",
            "aria-describedby",
            "aria-disabled",
            "title",
        ];
        let values = [
            Some(kind),
            done_by_click,
            look.id,
            look.class,
            look.form,
            look.name,
            look.described,
            idle.map(|_| "true"),
            idle.or(look.title),
        ];
        element("button", keys, &values, children)
    }

    fn control(&self, field: Field, control: Control) -> Vec<Html> {
        match control {
            Control::Line => {
                let placeholder = if field == Field::Url { self.default_url.as_str() } else { "" };
                vec![self.input(field, "text", None, placeholder, None)]
            }
            Control::Number => vec![self.input(field, "text", Some("numeric"), "", None)],
            Control::Secret => {
                let kind = if self.page.password_shown { "text" } else { "password" };
                vec![self.input(field, kind, None, "", None)]
            }
            Control::Suggest(id, names) => {
                let names = names.iter().map(|name| element("option", &["value"], &[Some(name)], Vec::new()));
                let list = element("datalist", &["id"], &[Some(id)], names.collect());
                vec![self.input(field, "text", None, "none", Some(id)), list]
            }
            Control::Lines(rows) => {
                let message = message_id(field);
                let keys = &["id", "rows", "spellcheck", "aria-invalid", "aria-describedby"];
                let values =
                    [Some(field.id()), Some(rows), Some("false"), self.invalid(field), Some(&*message)];
                let mut area = tag("textarea", keys, &values);
                area.set_value(self.forms().text(field));
                vec![area.into()]
            }
            Control::Choice(choices) => vec![self.choice(field, choices)],
        }
    }

    fn input(
        &self,
        field: Field,
        kind: &str,
        mode: Option<&str>,
        placeholder: &str,
        list: Option<&str>,
    ) -> Html {
        let message = message_id(field);
        let keys = &[
            "id",
            "type",
            "inputmode",
            "list",
            "placeholder",
            "autocomplete",
            "autocapitalize",
            "spellcheck",
            "aria-invalid",
            "aria-describedby",
        ];
        let values = [
            Some(field.id()),
            Some(kind),
            mode,
            list,
            Some(placeholder),
            Some("off"),
            Some("off"),
            Some("false"),
            self.invalid(field),
            Some(&*message),
        ];
        let mut input = tag("input", keys, &values);
        input.set_value(self.forms().text(field));
        input.into()
    }

    fn choice(&self, field: Field, choices: &[(&'static str, &'static str)]) -> Html {
        let chosen = self.forms().text(field);
        let options = choices.iter().map(|(choice, words)| {
            let selected = (*choice == chosen).then_some("");
            element("option", &["value", "selected"], &[Some(choice), selected], vec![text(words)])
        });
        let message = message_id(field);
        let values = [Some(field.id()), Some(&*message)];
        element("select", &["id", "aria-describedby"], &values, options.collect())
    }

    fn invalid(&self, field: Field) -> Option<&'static str> {
        self.page.problems.at(field).map(|_| "true")
    }
}

/// The id of the line that says what is wrong with a field.
#[must_use]
pub fn message_id(field: Field) -> String {
    concat(&[field.id(), "-message"])
}

/// Parts without an element around them.
pub fn drawn(view: &View, parts: &[Part]) -> Html {
    several(view.draw(parts))
}

/// Nothing beside the title of a card.
pub fn no_note(_: &View) -> &'static str {
    ""
}

/// The values of a QoS, with their words.
pub const QOS: Control =
    Control::Choice(&[("0", "0 at most once"), ("1", "1 at least once"), ("2", "2 exactly once")]);
/// The class of a field as wide as its form, and of one half as wide, on the left or on the right.
pub const WIDE: &str = "field wide";
pub const HALF: &str = "field";
pub const RIGHT_HALF: &str = "field right";
/// The same with two lines for the message.
pub const TWO_LINES: &str = "field two-lines";
/// The same with a message no wider than the field, as something else stands beside it.
pub const ALONE: &str = "field alone";
