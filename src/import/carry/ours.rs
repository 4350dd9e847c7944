//! Settings that Sluice decides by itself: told wherever the source says something else.

use super::Carry;
use crate::diagnostic::{Code, Diagnostic};
use crate::import::is_owner;
use crate::import::value::{Item, Value};
use crate::import::world::{Resource, View};

impl Carry<'_> {
    /// Says that a setting is not carried over, unless it is what Sluice makes anyway.
    pub(super) fn lost_unless(&self, view: &View<'_>, path: &str, ours: &str, why: &str) {
        if differs(view, path, ours) {
            self.lost(view, path, why);
        }
    }

    /// Says that Sluice decides a setting, unless it is what Sluice makes anyway.
    pub(super) fn anew_unless(&self, view: &View<'_>, path: &str, ours: &str, how: &str) {
        if differs(view, path, ours) {
            self.setting_anew(view, path, how);
        }
    }

    /// Says that Sluice decides a setting.
    pub(super) fn setting_anew(&self, view: &View<'_>, path: &str, how: &str) {
        let (written, place) = view.spot(path);
        let title = format!("`{}`: `{written}` is made anew: {how}", view.resource.address);
        self.tell(Diagnostic::info(Code::MadeAnew, title), place);
    }

    /// Says which tags stay behind. The owner's is read for the head of the pipeline file.
    pub(super) fn tags(&self, resource: &Resource) {
        let view = resource.view();
        let Some(field) = view.field("Tags") else { return };
        if matches!(field.item.value, Value::Unknown(_) | Value::Reference(_)) {
            return self.open(&view, field);
        }
        let names: Vec<String> =
            tag_names(&field.item).into_iter().filter(|name| !is_owner(name)).map(|name| format!("`{name}`")).collect();
        let (tags, stay) = match names.len() {
            0 => return,
            1 => ("tag", "stays"),
            _ => ("tags", "stay"),
        };
        let title = format!(
            "`{}`: the {tags} {} {stay} behind: Sluice tags what it makes with pipeline, environment and owner, and \
             with the `tags` of the environment file",
            resource.address,
            names.join(", ")
        );
        self.tell(Diagnostic::info(Code::MadeAnew, title), field.place.clone());
    }
}

/// Whether a setting is there and says something else than Sluice's own value, or cannot be told.
fn differs(view: &View<'_>, path: &str, ours: &str) -> bool {
    view.get(path).is_some_and(|item| !item.as_text().is_some_and(|text| text.eq_ignore_ascii_case(ours)))
}

/// The names of tags, given as a mapping or as a list of keys and values.
fn tag_names(tags: &Item) -> Vec<String> {
    match &tags.value {
        Value::Map(by_name) => by_name.0.iter().map(|tag| tag.name.clone()).collect(),
        _ => {
            let keys = tags.members().into_iter().map(|tag| tag.fields()?.get("Key")?.item.as_text());
            keys.map(|key| key.unwrap_or_else(|| "?".to_owned())).collect()
        }
    }
}
