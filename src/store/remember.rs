//! Forms as they are written down, an entry a field and a switch, each under the id of its control.
//!
//! By hand, over the tables of fields and switches: what serde derives is code for each field by its name.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::form::{Field, Forms, Switch};

impl Serialize for Forms {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for field in Field::ALL.into_iter().filter(|field| is_remembered(self, *field)) {
            map.serialize_entry(field.id(), &self.text(field))?;
        }
        for switch in Switch::ALL {
            map.serialize_entry(switch.id(), &self.is_on(switch))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Forms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FormsVisitor)
    }
}

struct FormsVisitor;

impl<'de> Visitor<'de> for FormsVisitor {
    type Value = Forms;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("forms")
    }

    /// What is not there keeps its default, and what is not known is left out: both happen after an update.
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Forms, A::Error> {
        let mut forms = Forms::default();
        while let Some(id) = map.next_key::<String>()? {
            if let Some(field) = Field::of_id(&id) {
                forms.set_text(field, map.next_value()?);
            } else if let Some(switch) = Switch::of_id(&id) {
                forms.set_switch(switch, map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(forms)
    }
}

fn is_remembered(forms: &Forms, field: Field) -> bool {
    match field {
        // Two tabs with one client id would throw each other out.
        Field::ClientId => false,
        Field::Password => !forms.password.is_empty(),
        Field::WillMessage => forms.will_message.is_some(),
        Field::ConnectButton
        | Field::SubscribeButton
        | Field::PublishButton
        | Field::File
        | Field::GoTo
        | Field::ExportButton
        | Field::ImportFile => false,
        _ => true,
    }
}
