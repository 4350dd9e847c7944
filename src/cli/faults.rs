//! What `sluice embedded fail` is asked to make fail, held against what there is to fail.

use std::collections::{BTreeMap, BTreeSet};

use super::args::CallGoes;
use super::online::block_on;
use super::world::print_err;
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::embedded::{EmbeddedCloud, may_be_stale, operations};
use crate::operate::{self, Failure, Shelf};
use crate::template::schema;

/// Methods of requests that have no other name.
const METHODS: [&str; 6] = ["DELETE", "GET", "HEAD", "PATCH", "POST", "PUT"];

/// Makes sure that an operation can go wrong as asked.
///
/// # Errors
/// Where nobody answers such an operation, or not in that way.
pub(super) fn operation(typed: &str, call: CallGoes) -> Result<(), Failure> {
    let known = typed == "*" || is_request(typed) || operations().any(|name| name == typed);
    if !known {
        let wrong = Diagnostic::error(Code::BadArgument, format!("the embedded cloud answers no operation `{typed}`"));
        return Err(match closest(typed, operations()) {
            Some(close) => wrong.help(format!("did you mean `{close}`?")),
            None => wrong
                .note("with `--call` an operation of an API goes wrong; without it, a resource")
                .help("name an operation such as `DescribeStacks`, or leave out `--call`"),
        }
        .into());
    }
    if call == CallGoes::Stale && typed != "*" && !may_be_stale(typed) {
        let wrong =
            Diagnostic::error(Code::BadArgument, format!("no answer to {typed} is ever from before the last change"));
        return Err(wrong
            .note("only reads of CloudFormation can be stale")
            .help("name one of them, such as `DescribeStacks`, or give `--call throttle` or `--call deny`")
            .into());
    }
    Ok(())
}

/// `GET /2015-03-31/functions`.
fn is_request(typed: &str) -> bool {
    typed.split_once(' ').is_some_and(|(method, path)| METHODS.contains(&method) && path.starts_with('/'))
}

/// Makes sure that there is, or will be, a resource that can fail; says so where nothing is known of any.
///
/// # Errors
/// Where no stack and no pipeline has such a logical id, and there is no such type.
pub(super) fn resource(
    shelf: &mut Shelf<'_>,
    cloud: &EmbeddedCloud,
    environment: &str,
    typed: &str,
) -> Result<(), Failure> {
    let there = match block_on(cloud.resources()) {
        Ok(there) => there.map_err(|error| Diagnostic::error(Code::FileTrouble, error.to_string()))?,
        Err(_) => BTreeMap::new(),
    };
    if there.contains_key(typed) || there.values().any(|type_name| type_name == typed) {
        return Ok(());
    }
    let mut all = operate::resources(shelf, environment)?;
    all.extend(there);
    let types: BTreeSet<String> = schema::known_types().map(str::to_owned).chain(all.values().cloned()).collect();
    if all.contains_key(typed) || types.contains(typed) {
        return Ok(());
    }
    if all.is_empty() && !typed.contains("::") {
        print_err(&format!(
            "warning: nothing is deployed in {environment} and no pipeline can be rendered for it; whether there will be a \
             resource {typed} is not known\n"
        ));
        return Ok(());
    }
    let title = format!("no stack and no pipeline has a resource `{typed}` in {environment}");
    let wrong = Diagnostic::error(Code::BadArgument, title);
    if operations().any(|name| name == typed) {
        let help = format!("{typed} is an operation: say how it goes wrong with `--call throttle`, `deny` or `stale`");
        return Err(wrong.help(help).into());
    }
    Err(match closest(typed, all.keys().chain(&types).map(String::as_str)) {
        Some(close) => wrong.help(format!("did you mean `{close}`?")),
        None => wrong.help(format!("`sluice plan … --env {environment} --show-unchanged` lists the resources")),
    }
    .into())
}
