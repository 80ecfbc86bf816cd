//! From stored objects to the bytes of an answer, in the shape that was asked for.

use bytes::{BufMut, Bytes, BytesMut};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::api::media::Shape;
use crate::api::table;
use crate::registry::object::Object;
use crate::registry::resource::Resource;
use crate::registry::{Stored, conversion};

/// The metadata of a list.
#[derive(Debug, Clone, Default)]
pub(super) struct ListMeta {
    pub version: u64,
    pub continue_token: Option<String>,
    pub remaining: Option<usize>,
}

impl ListMeta {
    fn json(&self) -> Value {
        let mut meta = json!({"resourceVersion": self.version.to_string()});
        if let Some(token) = &self.continue_token {
            meta["continue"] = token.as_str().into();
        }
        if let Some(remaining) = self.remaining {
            meta["remainingItemCount"] = remaining.into();
        }
        meta
    }
}

/// Makes views of the objects of one resource.
pub(super) struct View<'a> {
    pub resource: &'a Resource,
    pub shape: Shape,
    pub now: Timestamp,
}

impl View<'_> {
    /// One object. `columns`: a table says what its columns are (all but the later events of a watch).
    pub(super) fn object(&self, stored: &Stored, columns: bool) -> Bytes {
        match self.shape {
            Shape::Object => self.whole(stored, true),
            Shape::Metadata => to_bytes(&metadata(stored.object())),
            Shape::Table(include) => {
                let meta = json!({"resourceVersion": stored.object().resource_version()});
                to_bytes(&table::render(self.resource, &[stored.object()], &meta, include, columns, self.now))
            }
        }
    }

    /// A list.
    pub(super) fn list(&self, items: &[std::sync::Arc<Stored>], meta: &ListMeta) -> Bytes {
        let (kind, api_version) = match self.shape {
            Shape::Object => (self.resource.list_kind.clone(), self.resource.api_version()),
            Shape::Metadata => ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned()),
            Shape::Table(include) => {
                let objects: Vec<&Object> = items.iter().map(|stored| stored.object()).collect();
                let table = table::render(self.resource, &objects, &meta.json(), include, true, self.now);
                return to_bytes(&table);
            }
        };
        let mut out =
            BytesMut::with_capacity(256 + items.iter().map(|item| item.body().len() + 64).sum::<usize>());
        let (kind, api_version) = (Value::from(kind), Value::from(api_version));
        let mut meta = meta.json();
        // Lists of custom resources say that there is no more.
        if self.resource.is_custom() && matches!(self.shape, Shape::Object) && meta.get("continue").is_none()
        {
            meta["continue"] = "".into();
        }
        let head = format!("{{\"kind\":{kind},\"apiVersion\":{api_version},\"metadata\":{meta},\"items\":[");
        out.put_slice(head.as_bytes());
        for (at, item) in items.iter().enumerate() {
            if at > 0 {
                out.put_u8(b',');
            }
            match self.shape {
                Shape::Metadata => out.put_slice(&to_bytes(&metadata(item.object()))),
                // Items of built-in kinds do not repeat their type, custom resources do.
                _ => out.put_slice(&self.whole(item, self.resource.is_custom())),
            }
        }
        out.put_slice(b"]}");
        out.freeze()
    }

    fn whole(&self, stored: &Stored, with_type: bool) -> Bytes {
        if conversion::is_view(self.resource) {
            let shown = conversion::from_storage(self.resource, stored.object()).into_owned();
            return self.whole_body(Stored::transient(shown).body(), with_type);
        }
        self.whole_body(stored.body(), with_type)
    }

    fn whole_body(&self, body: &Bytes, with_type: bool) -> Bytes {
        if !with_type {
            return body.clone();
        }
        let head = format!(
            "{{\"kind\":{},\"apiVersion\":{},",
            Value::from(self.resource.kind.as_str()),
            Value::from(self.resource.api_version())
        );
        let mut out = BytesMut::with_capacity(head.len() + body.len());
        out.put_slice(head.as_bytes());
        out.put_slice(&body[1..]);
        out.freeze()
    }
}

fn metadata(object: &Object) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": object.at("/metadata").cloned().unwrap_or_default(),
    })
}

pub(super) fn to_bytes(value: &Value) -> Bytes {
    // Writing a JSON value into memory cannot fail.
    Bytes::from(serde_json::to_vec(value).unwrap_or_default())
}
