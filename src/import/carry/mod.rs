//! From resources to a pipeline file: the one mapping that both languages share.
//!
//! Where a source leaves a setting out, AWS's default counts, and it is written where Sluice's is another one.

mod alarms;
mod archive;
mod buckets;
mod consumers;
mod edges;
mod endpoints;
mod functions;
mod messaging;
mod ours;
mod parts;
mod streams;
mod tables;
mod workers;

use std::cell::RefCell;
use std::ops::RangeInclusive;

use super::Carried;
use super::document::{Block, Out};
use super::value::{Field, Item};
use super::world::{Kind, Resource, View, World};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::spec::{Decode, PLACEHOLDER, refused};
use crate::units::Duration;
use parts::Parts;

/// Carries a world over.
pub(super) struct Carry<'w> {
    world: &'w World,
    parts: Parts<'w>,
    told: RefCell<Diagnostics>,
    carried: RefCell<Vec<Carried>>,
}

/// A pipeline file without its head, and what there is to say about it.
pub(super) struct Outcome {
    pub(super) sections: Block,
    pub(super) carried: Vec<Carried>,
    pub(super) told: Diagnostics,
    /// Which names became other ones.
    pub(super) renamed: Diagnostics,
}

/// Maps every resource of a world.
pub(super) fn carry(world: &World) -> Outcome {
    let parts = Parts::of(world);
    let carry = Carry { world, parts, told: RefCell::default(), carried: RefCell::default() };
    let mut sections = Block::default();
    for (name, section) in [
        ("keys", carry.keys()),
        ("streams", carry.streams()),
        ("tables", carry.tables()),
        ("queues", carry.queues()),
        ("topics", carry.topics()),
        ("buckets", carry.buckets()),
        ("endpoints", carry.endpoints()),
        ("consumers", carry.consumers()),
        ("workers", carry.workers()),
        ("archive", carry.archives()),
        ("alarms", carry.alarms()),
    ] {
        sections.put_block(name, section.sorted());
    }
    carry.tell_rest();
    let renamed = carry.parts.renamed.iter().map(|(whole, name, resource)| {
        let title = format!("`{}`: `{whole}` is called `{name}` in the pipeline", resource.address);
        Diagnostic::info(Code::Renamed, title).at_maybe(resource.place.clone(), "")
    });
    let renamed = renamed.collect();
    Outcome { sections, renamed, carried: carry.carried.into_inner(), told: carry.told.into_inner() }
}

impl<'w> Carry<'w> {
    /// Puts a stage into its section, says where it came from, and says so in the report.
    fn stage(&self, section: &mut Block, kind: &str, name: &str, stage: Block, from: &Resource) {
        self.tags(from);
        section.put(name, Out::Map(stage));
        section.note(match &from.place {
            Some(place) => format!("from {} ({}:{})", from.address, place.file, place.line),
            None => format!("from {}", from.address),
        });
        let (stage, place) = (format!("{kind} {name}"), from.place.clone());
        self.carried.borrow_mut().push(Carried { from: from.address.clone(), place, stage });
    }

    /// Says that a setting is not carried over.
    fn lost(&self, view: &View<'_>, path: &str, why: &str) {
        let (written, place) = view.spot(path);
        let title = format!("`{}`: `{written}` is not carried over: {why}", view.resource.address);
        self.tell(Diagnostic::warning(Code::NotCarriedOver, title), place);
    }

    /// Says that a resource is not carried over.
    fn left(&self, resource: &Resource, why: &str) {
        let title = format!("`{}` is not carried over: {why}", resource.address);
        self.tell(Diagnostic::warning(Code::NotCarriedOver, title), resource.place.clone());
    }

    /// Says that Sluice makes something of its own instead.
    fn made_anew(&self, resource: &Resource, how: &str) {
        let title = format!("`{}` is made anew: {how}", resource.address);
        self.tell(Diagnostic::info(Code::MadeAnew, title), resource.place.clone());
    }

    /// Says that something has to be decided before the pipeline passes its check.
    fn to_decide(&self, resource: &Resource, what: &str) {
        let title = format!("`{}`: {what}", resource.address);
        self.tell(Diagnostic::warning(Code::ToBeDecided, title), resource.place.clone());
    }

    fn tell(&self, diagnostic: Diagnostic, place: Option<Place>) {
        self.told.borrow_mut().push(diagnostic.at_maybe(place, ""));
    }

    /// Says that a value cannot be told from the source.
    fn open(&self, view: &View<'_>, field: &Field) {
        let why = match (field.item.why_unknown(), field.item.references().first()) {
            (Some(why), _) => why,
            (None, Some(reference)) => format!("`{}` is known only to AWS", reference.address),
            (None, None) => "a value of another type stands there".to_owned(),
        };
        let title = format!("`{}`: `{}` cannot be told: {why}", view.resource.address, field.written);
        let place = field.item.place.clone().or_else(|| field.place.clone());
        self.tell(Diagnostic::warning(Code::NotEvaluated, title), place);
    }

    /// A value read by `read`; says so where it is there and cannot be told.
    fn read<T>(&self, view: &View<'_>, path: &str, read: impl Fn(&Item) -> Option<T>) -> Option<T> {
        let field = view.field(path)?;
        let value = read(&field.item);
        if value.is_none() {
            self.open(view, field);
        }
        value
    }

    fn text(&self, view: &View<'_>, path: &str) -> Option<String> {
        self.read(view, path, Item::as_text)
    }

    /// A text that the language takes as a value of a type; says why where it does not.
    fn checked<T: Decode>(&self, view: &View<'_>, path: &str) -> Option<String> {
        let text = self.text(view, path).filter(|text| !text.is_empty())?;
        if let Some(why) = refused::<T>(&text) {
            self.lost(view, path, &why);
            return None;
        }
        Some(text)
    }

    /// A flag, or AWS's default where it is left out.
    fn flag(&self, view: &View<'_>, path: &str, default: bool) -> Option<bool> {
        if view.get(path).is_none() {
            return Some(default);
        }
        self.read(view, path, Item::as_flag)
    }

    /// A whole number within the language's bounds.
    fn whole(&self, view: &View<'_>, path: &str, bounds: RangeInclusive<u64>) -> Option<u64> {
        let number = self.read(view, path, Item::as_number)?;
        let whole = number.fract() == 0.0 && number >= 0.0 && number <= u32::MAX.into();
        match Some(number as u64).filter(|number| whole && bounds.contains(number)) {
            Some(number) => Some(number),
            None => {
                let why = format!("{number} is outside of {} to {}", bounds.start(), bounds.end());
                self.lost(view, path, &why);
                None
            }
        }
    }

    /// A whole number, or AWS's default where it is left out.
    fn whole_or(&self, view: &View<'_>, path: &str, default: u64, bounds: RangeInclusive<u64>) -> Option<u64> {
        if view.get(path).is_none() { Some(default) } else { self.whole(view, path, bounds) }
    }

    /// The resource of some kinds that a field means; says so where it means none.
    fn meant(&self, view: &View<'_>, path: &str, kinds: &[Kind]) -> Option<&'w Resource> {
        let field = view.field(path)?;
        let found = self.world.meant(&field.item, kinds);
        if found.is_none() {
            self.lost(view, path, "it leads to nothing that is carried over");
        }
        found
    }

    /// Says what was not read, resource by resource, and which resources mean nothing to a pipeline.
    fn tell_rest(&self) {
        for resource in &self.world.resources {
            match self.parts.why_left(resource) {
                Some(parts::Left::Lost(why)) => self.left(resource, &why),
                Some(parts::Left::Anew(how)) => {
                    self.made_anew(resource, how);
                    if resource.kind.is_some_and(parts::is_read) {
                        self.tell_unread(resource);
                    }
                }
                None => self.tell_unread(resource),
            }
        }
    }

    fn tell_unread(&self, resource: &Resource) {
        for (written, field) in resource.unread() {
            let why = field.item.why_unknown().map(|why| format!(" ({why})")).unwrap_or_default();
            let title = format!(
                "`{}`: `{written}` is not carried over: a pipeline file has no word for it{why}",
                resource.address
            );
            self.tell(Diagnostic::warning(Code::NotCarriedOver, title), field.place.clone());
        }
    }
}

fn seconds(seconds: u64) -> Out {
    Out::word(Duration::from_secs(seconds))
}

fn days(days: u64) -> Out {
    seconds(days * 86_400)
}

fn placeholder() -> Out {
    Out::word(PLACEHOLDER)
}
