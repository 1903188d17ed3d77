//! Elements made by calls of a few functions: `html!` writes the making of each element out where it stands, which
//! is several times as much code.

use wasm_bindgen::JsValue;
use yew::prelude::*;
use yew::virtual_dom::{AttributeOrProperty, Attributes, VList, VTag, VText};

/// An element with these attributes and children; an attribute without a value is left out.
pub fn element(
    name: &'static str,
    keys: &'static [&'static str],
    values: &[Option<&str>],
    children: Vec<Html>,
) -> Html {
    let mut tag = tag(name, keys, values);
    tag.add_children(children);
    tag.into()
}

/// An element that has its place, or more, still to be given.
#[inline(never)]
pub fn tag(name: &'static str, keys: &'static [&'static str], values: &[Option<&str>]) -> VTag {
    let mut tag = VTag::new(name);
    let values = values.iter().map(|value| value.map(|value| AttributeOrProperty::Attribute(owned(value))));
    tag.set_attributes(Attributes::Dynamic { keys, values: values.collect() });
    tag
}

/// An entry of a list. That it is chosen is no attribute: once a person has chosen another one, that would not count.
#[inline(never)]
pub fn option(value: &str, words: &str, is_chosen: bool) -> Html {
    let mut tag = VTag::new("option");
    let values = [
        Some(AttributeOrProperty::Attribute(owned(value))),
        Some(AttributeOrProperty::Property(JsValue::from_bool(is_chosen))),
    ];
    tag.set_attributes(Attributes::Dynamic { keys: &["value", "selected"], values: Box::new(values) });
    tag.add_child(text(words));
    tag.into()
}

/// An element of that class.
#[inline(never)]
pub fn classed(name: &'static str, class: &str, children: Vec<Html>) -> Html {
    element(name, &["class"], &[Some(class)], children)
}

/// Words in an element of that class.
#[inline(never)]
pub fn words(name: &'static str, class: &str, words: &str) -> Html {
    classed(name, class, vec![text(words)])
}

/// Words.
#[inline(never)]
pub fn text(words: &str) -> Html {
    VText::new(owned(words)).into()
}

/// Several nodes where one is wanted.
#[inline(never)]
pub fn several(nodes: Vec<Html>) -> Html {
    VList::with_children(nodes, None).into()
}

fn owned(text: &str) -> AttrValue {
    AttrValue::Rc(text.into())
}

/// Words in a line that is cut at its beginning, as the style sheet lets it run from right to left.
pub fn cut_at_start(words: &str) -> Html {
    element("bdi", &["dir"], &[Some("ltr")], vec![text(words)])
}
