//! Variables and locals of a Terraform module: each evaluated once, when it is asked for.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use hcl::edit::expr::Expression;

use super::eval::Evaluator;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::import::text::SourceText;
use crate::import::value::{Item, MAX_SIZE};

/// Most locals that lead to one another in a row; more than anybody writes, fewer than a stack holds.
const MAX_CHAIN: usize = 64;

/// What evaluating all files may make together, in nodes and bytes; sources that double and double again end here.
const MAX_SPENT: usize = 16 * MAX_SIZE;
/// Most expressions inside one another, those of locals included.
const MAX_EVALUATING: usize = 256;
/// Why nothing more is evaluated.
pub(super) const TOO_FAR: &str = "the files expand too far";

/// What a name stands for.
pub(super) struct Definition<'m> {
    /// Index of the file it stands in.
    pub(super) source: usize,
    /// `None` for a variable without a default.
    pub(super) expr: Option<&'m Expression>,
    pub(super) place: Place,
}

/// The names of a module.
pub(super) struct Scope<'m> {
    pub(super) sources: &'m [SourceText<'m>],
    /// By `var.<name>` and `local.<name>`.
    definitions: BTreeMap<String, Definition<'m>>,
    values: RefCell<BTreeMap<String, Item>>,
    busy: RefCell<Vec<String>>,
    /// What evaluating has made so far, in nodes and bytes.
    spent: Cell<usize>,
    /// Expressions inside one another that are being evaluated.
    depth: Cell<usize>,
    found: RefCell<Diagnostics>,
}

impl<'m> Scope<'m> {
    pub(super) fn new(sources: &'m [SourceText<'m>]) -> Self {
        Self {
            sources,
            definitions: BTreeMap::new(),
            values: RefCell::default(),
            busy: RefCell::default(),
            spent: Cell::new(0),
            depth: Cell::new(0),
            found: RefCell::default(),
        }
    }

    /// Gives a name its meaning; a second one is an error.
    pub(super) fn define(&mut self, name: String, definition: Definition<'m>) {
        match self.definitions.get(&name) {
            Some(first) => {
                let twice = given_twice(&name, definition.place, Some(first.place.clone()));
                self.found.borrow_mut().push(twice);
            }
            None => {
                self.definitions.insert(name, definition);
            }
        }
    }

    /// Evaluates every name, so that a circle is found even where nothing asks for it, and gives back what was wrong.
    pub(super) fn check(&self) -> Diagnostics {
        for name in self.definitions.keys() {
            self.value(name, None);
        }
        self.found.take()
    }

    /// Takes what a copy costs from what is left; false where nothing is left.
    pub(super) fn spend(&self, size: usize) -> bool {
        self.spent.set(self.spent.get().saturating_add(size));
        self.spent.get() <= MAX_SPENT
    }

    /// Evaluates one level deeper; `None` where that would be too deep.
    pub(super) fn deeper<T>(&self, evaluate: impl FnOnce() -> T) -> Option<T> {
        if self.depth.get() >= MAX_EVALUATING {
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let value = evaluate();
        self.depth.set(self.depth.get() - 1);
        Some(value)
    }

    /// What a name stands for.
    pub(super) fn value(&self, name: &str, asked_at: Option<Place>) -> Item {
        if let Some(known) = self.values.borrow().get(name) {
            if !self.spend(known.size()) {
                return Item::unknown(TOO_FAR, asked_at);
            }
            return Item { place: asked_at.or_else(|| known.place.clone()), ..known.clone() };
        }
        let Some(definition) = self.definitions.get(name) else {
            return Item::unknown(format!("`{name}` is not declared in the files that were given"), asked_at);
        };
        let Some(expr) = definition.expr else {
            let why = format!("`{name}` has no default; its value is not in these files");
            return Item::unknown(why, asked_at);
        };
        if self.is_circle(name, &definition.place) {
            return Item::unknown(format!("`{name}` leads back to itself"), asked_at);
        }
        if self.busy.borrow().len() >= MAX_CHAIN {
            return Item::unknown(format!("`{name}` stands at the end of more than {MAX_CHAIN} locals"), asked_at);
        }
        self.busy.borrow_mut().push(name.to_owned());
        let value = Evaluator::new(self, definition.source).item(expr).bounded();
        self.busy.borrow_mut().pop();
        self.values.borrow_mut().insert(name.to_owned(), value.clone());
        Item { place: asked_at.or(value.place), value: value.value }
    }

    fn is_circle(&self, name: &str, place: &Place) -> bool {
        let busy = self.busy.borrow();
        let Some(from) = busy.iter().position(|other| other == name) else { return false };
        let mut way: Vec<&str> = busy.iter().skip(from).map(String::as_str).collect();
        way.push(name);
        let title = format!("`{name}` leads back to itself");
        let circle = Diagnostic::error(Code::SourceContradiction, title)
            .at(place.clone(), "")
            .note(format!("the circle is {}", way.join(" → ")))
            .help("Terraform refuses it too: give one of them a value of its own");
        self.found.borrow_mut().push(circle);
        true
    }
}

/// The error for two things of one name.
pub(in crate::import) fn given_twice(name: &str, place: Place, first: Option<Place>) -> Diagnostic {
    Diagnostic::error(Code::SourceContradiction, format!("`{name}` is declared twice"))
        .at(place, "declared again here")
        .at_maybe(first, "first declared here")
        .help("keep one of the two, or import the files of one module at a time")
}
