//! Arguments that are Terraform's own, and not the resource's.

use hcl::edit::Span as _;
use hcl::edit::structure::{Attribute, Block, Body, Structure};

use super::FileReader;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};

/// Their names; `count` is 1 where it is met, for copies are not read.
pub(super) const ARGUMENTS: [&str; 6] = ["depends_on", "lifecycle", "provider", "provisioner", "connection", "count"];

impl FileReader<'_> {
    /// Says which of them change what happens, and have no counterpart in a pipeline file.
    pub(super) fn tell_own(&self, address: &str, body: &Body, told: &mut Diagnostics) {
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) if attribute.key.value().as_str() == "provider" => {
                    let why = "all stages live in the account and region of the environment file";
                    told.push(self.lost(address, attribute, why));
                }
                Structure::Block(block) if block.ident.value().as_str() == "lifecycle" => {
                    self.tell_lifecycle(address, block, told);
                }
                _ => {}
            }
        }
    }

    fn tell_lifecycle(&self, address: &str, block: &Block, told: &mut Diagnostics) {
        for attribute in block.body.attributes() {
            match attribute.key.value().as_str() {
                "prevent_destroy" if self.evaluator.item(&attribute.value).as_flag() != Some(false) => {
                    let what = format!("`{address}`: `prevent_destroy`");
                    let how =
                        "in production and staging, what holds data outlives its stack; in development it does not";
                    told.push(made_anew(&what, self.place_of(attribute), how));
                }
                "ignore_changes" => {
                    let why = "every deployment sets what the pipeline file says";
                    told.push(self.lost(address, attribute, why));
                }
                // The rest is about the order of Terraform's steps.
                _ => {}
            }
        }
    }

    fn lost(&self, address: &str, attribute: &Attribute, why: &str) -> Diagnostic {
        let name = attribute.key.value().as_str();
        let title = format!("`{address}`: `{name}` is not carried over: {why}");
        Diagnostic::warning(Code::NotCarriedOver, title).at_maybe(self.place_of(attribute), "")
    }

    fn place_of(&self, attribute: &Attribute) -> Option<Place> {
        self.evaluator.place(attribute.key.span())
    }
}

/// The note on something that Sluice makes by itself instead.
pub(super) fn made_anew(what: &str, place: Option<Place>, how: &str) -> Diagnostic {
    Diagnostic::info(Code::MadeAnew, format!("{what} is made anew: {how}")).at_maybe(place, "")
}
