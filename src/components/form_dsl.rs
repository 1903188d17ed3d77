//! The widgets that the forms are made of: each form is a table of them, and one function draws any.
//!
//! A label is bound to each control; what is wrong with it or worth knowing has a line below it, which is there only
//! while there is something to say. What a control does is told by its id or its `data-deed`: the page
//! listens once, for all of them (see `app`).

use std::rc::Rc;

use mqttscope_client::ConnectionState;
use mqttscope_link::{RepeatState, SubscriptionFigures};
use mqttscope_proto::ProtocolVersion;
use mqttscope_text::number;
use mqttscope_view::{Form, Kind, Options, Standing};
use yew::prelude::*;

use super::element::{classed, element, option, tag, text, words};
use crate::store::connection;
use crate::store::page::Page;
use crate::store::slots::Named;
use crate::store::text::concat;
use crate::store::{Command, Field};

/// What the page shows, at one moment.
pub struct View {
    pub page: Page,
    pub connection: Rc<ConnectionState>,
    /// How far messages are that are repeated, or were.
    pub repeat: Option<Rc<RepeatState>>,
    /// What comes to the subscriptions.
    pub figures: Rc<[SubscriptionFigures]>,
    /// The connections of the page.
    pub slots: Rc<[Named]>,
    /// Milliseconds since the Unix epoch.
    pub now: u64,
    /// What an empty URL stands for.
    pub default_url: String,
}

/// A widget of a form, or a card around it.
pub enum Widget {
    /// A card that folds, with words beside its title that can be read while it is folded.
    Card { title: &'static str, note: fn(&View) -> String, open: bool, widgets: &'static [Widget] },
    /// A form; Enter in it carries out its command.
    Form { id: &'static str, command: Command, widgets: &'static [Widget] },
    /// A field that takes text, with its label, its message and what stands beside it.
    Field { field: Field, label: &'static str, class: &'static str, beside: &'static [Widget] },
    /// A box to tick, with its label and the id of what explains it.
    Check { field: Field, label: &'static str, described: Option<&'static str> },
    /// A button; what is hidden of its name is for screen readers.
    Button { command: Command, words: &'static str, hidden: &'static str },
    /// The button of a form, with what there is to say of it.
    Submit { command: Command, field: Field, words: &'static str, hint: Option<&'static str> },
    /// The line below a field or a button: what is wrong, or else what is worth knowing.
    Message(Field),
    /// Widgets in an element of that class.
    Group(&'static str, &'static [Widget]),
    /// What a form has in MQTT 5 alone, folded away.
    Properties(Form),
    /// Words in a paragraph of that class.
    Words(&'static str, &'static str),
    /// What is more than a widget.
    Draw(fn(&View) -> Html),
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
    /// What is there for commands to be carried out.
    pub fn standing(&self) -> Standing {
        Standing {
            is_open: self.connection.is_open(),
            is_wanted: self.connection.is_wanted(),
            is_connected: self.connection.is_connected(),
            has_file: !self.page.files.is_empty(),
        }
    }

    /// The version that a form is for: a connection has one already, and keeps it whatever is chosen for the next one.
    pub fn version(&self, form: Form) -> ProtocolVersion {
        match form {
            Form::Connection | Form::Will => self.page.profile.version(),
            _ => connection::version(&self.connection, self.page.profile.version()),
        }
    }

    /// Draws widgets.
    pub fn draw(&self, widgets: &[Widget]) -> Vec<Html> {
        widgets.iter().map(|widget| self.widget(widget)).collect()
    }

    fn widget(&self, widget: &Widget) -> Html {
        match widget {
            Widget::Card { title, note, open, widgets } => self.card(title, &note(self), *open, widgets),
            Widget::Form { id, command, widgets } => {
                let keys = &["id", "class", "data-deed", "novalidate"];
                let values = [Some(*id), Some("grid"), Some(command.name()), Some("")];
                element("form", keys, &values, self.draw(widgets))
            }
            Widget::Field { field, label, class, beside } => self.field(*field, label, class, beside),
            Widget::Check { field, label, described } => self.check(*field, label, *described),
            Widget::Button { command, words: visible, hidden } => {
                self.button(command, Look::default(), vec![text(visible), words("span", "hidden", hidden)])
            }
            Widget::Submit { command, field, words, hint } => {
                let message = message_id(*field);
                let look = Look {
                    id: Some(field.id()),
                    class: Some("primary"),
                    described: Some(&message),
                    title: *hint,
                    ..Look::default()
                };
                self.submit(command, look, words)
            }
            Widget::Message(field) => self.message(*field),
            Widget::Group(class, widgets) => classed("div", class, self.draw(widgets)),
            Widget::Properties(form) => self.properties(*form),
            Widget::Words(class, said) => words("p", class, said),
            Widget::Draw(draw) => draw(self),
        }
    }

    /// A field that takes text, with its label, its message and what stands beside it.
    pub fn field(&self, field: Field, label: &str, class: &str, beside: &[Widget]) -> Html {
        let mut controls = self.control(field);
        controls.extend(self.draw(beside));
        let label = element("label", &["for"], &[Some(field.id())], vec![text(label)]);
        classed("div", class, vec![label, classed("div", "control", controls), self.message(field)])
    }

    /// Whether a card is open is the browser's to keep.
    fn card(&self, title: &str, note: &str, open: bool, widgets: &[Widget]) -> Html {
        let said = element("span", &["class", "title"], &[Some("note"), Some(note)], vec![text(note)]);
        let head = vec![element("h2", &[], &[], vec![text(title)]), said];
        let head = element("summary", &[], &[], head);
        let body = classed("div", "card-body", self.draw(widgets));
        element("details", &["class", "open"], &[Some("card"), open.then_some("")], vec![head, body])
    }

    /// The line below a field or a button.
    pub fn message(&self, field: Field) -> Html {
        let problem = self.page.problems.at(field);
        let class = if problem.is_some() { "message problem" } else { "message" };
        let note = self.page.note.as_ref().filter(|note| note.field == field);
        let said = problem.or(note.map(|note| note.words.as_str()));
        let limits = self.connection.limits.as_deref().filter(|_| self.connection.is_connected());
        let (said, class) = match (said, self.page.warning(field, self.version(field.info().form), limits)) {
            (None, Some(warning)) => (warning, "message amber"),
            (said, _) => (said.map_or_else(|| self.page.hint(field).into_owned(), str::to_owned), class),
        };
        element(
            "p",
            &["id", "class"],
            &[Some(&message_id(field)), Some(class)],
            vec![element("span", &[], &[], vec![text(&said)])],
        )
    }

    /// A box to tick, with its label.
    pub fn check(&self, field: Field, label: &str, described: Option<&str>) -> Html {
        self.labelled_check(field, vec![text(label)], described)
    }

    fn labelled_check(&self, field: Field, label: Vec<Html>, described: Option<&str>) -> Html {
        let keys = &["id", "type", "aria-describedby"];
        let mut input = tag("input", keys, &[Some(field.id()), Some("checkbox"), described]);
        input.set_checked(self.page.is_on(field));
        let label = element("span", &[], &[], label);
        element("label", &["class", "for"], &[Some("check"), Some(field.id())], vec![input.into(), label])
    }

    /// A button. If its command cannot be carried out now it stays reachable, and says why.
    pub fn button(&self, command: &Command, look: Look, children: Vec<Html>) -> Html {
        self.any_button("button", Some(command.name()), command, look, children)
    }

    /// The button that submits the form of a command.
    pub fn submit(&self, command: &Command, look: Look, words: &str) -> Html {
        self.any_button("submit", None, command, look, vec![text(words)])
    }

    fn any_button(
        &self,
        kind: &str,
        done_by_click: Option<&str>,
        command: &Command,
        look: Look,
        children: Vec<Html>,
    ) -> Html {
        let why_not = command.why_not(self.standing());
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
            why_not.map(|_| "true"),
            why_not.or(look.title),
        ];
        element("button", keys, &values, children)
    }

    fn control(&self, field: Field) -> Vec<Html> {
        let folded = field.info().folded;
        let absent = folded.map_or("", |folded| folded.absent);
        // There are several of a kind: a screen reader says whose it is.
        let whose = folded.map_or("data to send", |folded| folded.label);
        let check = |switch, label: &str| {
            let label = vec![text(label), words("span", "hidden", &concat(&[" ", whose]))];
            self.labelled_check(switch, label, None)
        };
        let mut controls = match field.info().kind {
            Kind::Line => {
                let placeholder = if field == Field::Url { self.default_url.as_str() } else { absent };
                vec![self.input(field, "text", None, placeholder, None)]
            }
            Kind::Topic => vec![self.topic(field)],
            Kind::Number => vec![self.input(field, "text", Some("numeric"), absent, None)],
            Kind::Bytes { hex, is_secret } => {
                let kind = if is_secret && !self.page.password_shown { "password" } else { "text" };
                vec![self.input(field, kind, None, absent, None), check(hex, "Hex")]
            }
            Kind::Secret => {
                let kind = if self.page.password_shown { "text" } else { "password" };
                vec![self.input(field, kind, None, "", None)]
            }
            Kind::Suggest(id, names) => {
                let names = names.iter().map(|name| element("option", &["value"], &[Some(name)], Vec::new()));
                let list = element("datalist", &["id"], &[Some(id)], names.collect());
                let absent = if absent.is_empty() { "none" } else { absent };
                vec![self.input(field, "text", None, absent, Some(id)), list]
            }
            Kind::Lines(rows) => {
                let message = message_id(field);
                let keys = &["id", "rows", "spellcheck", "aria-invalid", "aria-describedby"];
                let values =
                    [Some(field.id()), Some(rows), Some("false"), self.invalid(field), Some(&*message)];
                let mut area = tag("textarea", keys, &values);
                area.set_value(self.page.text(field));
                vec![area.into()]
            }
            Kind::Choice(options) => vec![self.choice(field, options)],
            // They stand in no field: a box has its label behind it, files and buttons are drawn where they are.
            Kind::Switch(_) | Kind::File | Kind::Button | Kind::Pairs => Vec::new(),
        };
        controls.extend(folded.and_then(|folded| folded.empty).map(|switch| check(switch, "Send empty")));
        controls
    }

    /// A field that is as high as it has lines: browsers drop line breaks that are put into an `input`.
    fn topic(&self, field: Field) -> Html {
        let topic = self.page.text(field);
        let message = message_id(field);
        let rows = number::plain(topic.split('\n').count().min(MOST_LINES) as u64);
        let keys = &[
            "id",
            "class",
            "rows",
            "autocomplete",
            "autocapitalize",
            "spellcheck",
            "aria-invalid",
            "aria-describedby",
        ];
        let values = [
            Some(field.id()),
            Some("one-line"),
            Some(&*rows),
            Some("off"),
            Some("off"),
            Some("false"),
            self.invalid(field),
            Some(&*message),
        ];
        let mut area = tag("textarea", keys, &values);
        area.set_value(topic);
        area.into()
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
        input.set_value(self.page.text(field));
        input.into()
    }

    fn choice(&self, field: Field, options: &dyn Options) -> Html {
        let chosen = self.page.text(field);
        let options = (0..)
            .map_while(|at| options.at(at))
            .map(|(choice, words)| option(choice, words, choice == chosen));
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

/// Nothing beside the title of a card.
pub fn no_note(_: &View) -> String {
    String::new()
}

/// A small button.
pub const SMALL: Look<'static> =
    Look { id: None, class: Some("small"), form: None, name: None, described: None, title: None };

/// How many lines of a topic are seen at once.
const MOST_LINES: usize = 4;

/// The class of a field as wide as its form, and of one half as wide, on the left or on the right.
pub const WIDE: &str = "field wide";
pub const HALF: &str = "field";
pub const RIGHT_HALF: &str = "field right";
/// The same with a message no wider than the field, as something else stands beside it.
pub const ALONE: &str = "field alone";
