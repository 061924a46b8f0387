//! A field that could not be read is a value that says so, never a missing event.
//!
//! In JSON: the value itself; `{"cut": VALUE, "of": LENGTH}` for a value cut short; `{"unseen": "fault"}` for none.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, IntoDeserializer, MapAccess};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Why a value is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The memory could not be read (EFAULT).
    Fault,
    /// It was left out because it may be a secret or is nobody's business.
    Withheld,
    /// The recorder lost it (ring full, table full).
    Lost,
    /// The pointer was NULL.
    Null,
    /// The process or file was gone before it could be read.
    Gone,
    /// The recorder does not read such values: arguments in vector registers, structures by value on the stack.
    Unread,
}

/// What was seen of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Seen<T> {
    /// All of it.
    Yes(T),
    /// Its beginning; the whole is `of` bytes or entries long.
    Cut(T, u64),
    /// Nothing.
    No(Why),
}

impl<T> Seen<T> {
    /// What there is of the value.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Yes(value) | Self::Cut(value, _) => Some(value),
            Self::No(_) => None,
        }
    }

    /// The value, only when all of it was seen.
    pub fn whole(&self) -> Option<&T> {
        if let Self::Yes(value) = self {
            Some(value)
        } else {
            None
        }
    }

    /// The same knowledge of another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Yes(value) => Seen::Yes(change(value)),
            Self::Cut(value, of) => Seen::Cut(change(value), of),
            Self::No(why) => Seen::No(why),
        }
    }
}

impl<T: Serialize> Serialize for Seen<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Yes(value) => value.serialize(serializer),
            Self::Cut(value, of) => {
                let mut map = serializer.serialize_map(Some(2))?;
                map.serialize_entry("cut", value)?;
                map.serialize_entry("of", of)?;
                map.end()
            }
            Self::No(why) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("unseen", why)?;
                map.end()
            }
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Seen<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SeenVisitor(PhantomData))
    }
}

/// Tells the three forms apart by the JSON type, without buffering. `T` must not be a JSON object.
struct SeenVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> de::Visitor<'de> for SeenVisitor<T> {
    type Value = Seen<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, {\"cut\", \"of\"} or {\"unseen\"}")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        T::deserialize(text.into_deserializer()).map(Seen::Yes)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        T::deserialize(number.into_deserializer()).map(Seen::Yes)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        T::deserialize(number.into_deserializer()).map(Seen::Yes)
    }

    fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Self::Value, E> {
        T::deserialize(truth.into_deserializer()).map(Seen::Yes)
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        T::deserialize(de::value::SeqAccessDeserializer::new(list)).map(Seen::Yes)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut value, mut of, mut why) = (None, 0, None);
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            match key.as_ref() {
                "cut" => value = Some(map.next_value()?),
                "of" => of = map.next_value()?,
                "unseen" => why = Some(map.next_value()?),
                _ => drop(map.next_value::<de::IgnoredAny>()?),
            }
        }
        match (value, why) {
            (Some(value), _) => Ok(Seen::Cut(value, of)),
            (None, Some(why)) => Ok(Seen::No(why)),
            (None, None) => Err(de::Error::custom("neither \"cut\" nor \"unseen\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Seen, Why};
    use crate::event::Text;

    #[test]
    fn the_three_forms_read_back() {
        for (seen, json) in [
            (Seen::Yes(Text::from("/x")), r#""/x""#),
            (Seen::Cut(Text::from("/x"), 900), r#"{"cut":"/x","of":900}"#),
            (Seen::No(Why::Fault), r#"{"unseen":"fault"}"#),
        ] {
            assert_eq!(serde_json::to_string(&seen).unwrap(), json);
            assert_eq!(serde_json::from_str::<Seen<Text>>(json).unwrap(), seen);
        }
        let list = Seen::Cut(vec![Text::from("a")], 7);
        let json = serde_json::to_string(&list).unwrap();
        assert_eq!(
            serde_json::from_str::<Seen<Vec<Text>>>(&json).unwrap(),
            list
        );
        assert_eq!(
            serde_json::from_str::<Seen<Vec<Text>>>(r#"["a"]"#).unwrap(),
            Seen::Yes(vec![Text::from("a")])
        );
    }
}
