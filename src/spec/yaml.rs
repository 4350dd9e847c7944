//! YAML text → [`Node`]. With `edit`, which cuts texts at the parser's places, the only file that names the YAML parser.
//!
//! Works on parser events rather than through serde, because events keep what a strict language needs: the
//! spelling of scalars, whether they are quoted, the place of every key, tags and aliases. Files are bounded
//! before and while they are read: size, depth, and nodes after aliases are expanded.

use std::collections::BTreeMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Span as YamlSpan, Tag};

use super::tree::{Entry, Node, Value, excerpt};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, Place, Span};

/// Largest file that is read, in bytes: a thousand times an ordinary one.
pub const MAX_BYTES: usize = 1 << 20;
/// Deepest nesting; the language itself needs eight levels.
const MAX_DEPTH: usize = 48;
/// Most nodes, aliases expanded: what a file of [`MAX_BYTES`] can hold, so that only expansion can pass it.
const MAX_NODES: usize = 200_000;

/// Parses one YAML document.
///
/// # Errors
/// Everything that is wrong with the text as YAML: size, encoding, syntax, tags, duplicate keys, bombs.
pub fn parse(file: &FilePath, bytes: &[u8]) -> Result<Node, Diagnostics> {
    build(file, bytes, Tags::Refused)
}

/// Parses one YAML document of another language, such as CloudFormation, in which tags mean something: they are
/// left out of the tree. JSON is read too.
///
/// # Errors
/// As [`parse`], but for tags.
pub fn parse_tagged(file: &FilePath, bytes: &[u8]) -> Result<Node, Diagnostics> {
    build(file, bytes, Tags::LeftOut)
}

fn build(file: &FilePath, bytes: &[u8], tags: Tags) -> Result<Node, Diagnostics> {
    let mut builder = Builder::new(file, text_of(file, bytes)?, tags);
    let options = granit_parser::options! { flow_nesting_limit: MAX_DEPTH, block_nesting_limit: MAX_DEPTH };
    builder.run(options);
    builder.finish()
}

/// The text of a file that people wrote.
///
/// # Errors
/// When it is larger than [`MAX_BYTES`], or no UTF-8.
pub fn text_of<'b>(file: &FilePath, bytes: &'b [u8]) -> Result<&'b str, Diagnostics> {
    if bytes.len() > MAX_BYTES {
        return Err(super::too_large(file, bytes.len() as u64).into());
    }
    std::str::from_utf8(bytes).map_err(|error| not_utf8(file, bytes, error.valid_up_to()))
}

/// What becomes of tags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tags {
    Refused,
    LeftOut,
}

fn not_utf8(file: &FilePath, bytes: &[u8], valid: usize) -> Diagnostics {
    let readable = bytes.get(..valid).and_then(|head| std::str::from_utf8(head).ok()).unwrap_or_default();
    let place = Place::locate(file, readable, Span { start: valid, end: valid + 1 });
    Diagnostic::error(Code::NotUtf8, format!("`{file}` is not UTF-8 text"))
        .at(place, "the first byte that is not UTF-8")
        .help("save the file as UTF-8")
        .into()
}

/// A list or mapping that is still open.
struct Open {
    node: Node,
    anchor: usize,
    nodes_before: usize,
    depth: usize,
    pending: Option<(String, Place)>,
    first_places: BTreeMap<String, Place>,
}

/// A finished node that aliases may repeat.
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

struct Builder<'text> {
    file: &'text FilePath,
    text: &'text str,
    tags: Tags,
    found: Diagnostics,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Anchored>,
    root: Option<Node>,
    nodes: usize,
    documents: usize,
    stopped: bool,
}

impl<'text> Builder<'text> {
    fn new(file: &'text FilePath, text: &'text str, tags: Tags) -> Self {
        Self {
            file,
            text,
            tags,
            found: Diagnostics::new(),
            open: Vec::new(),
            anchors: BTreeMap::new(),
            root: None,
            nodes: 0,
            documents: 0,
            stopped: false,
        }
    }

    fn run(&mut self, options: Options) {
        for event in Parser::new_from_str_with_options(self.text, options) {
            match event {
                Ok((event, span)) => self.take(event, span),
                Err(error) => {
                    let place = self.place_at(error.marker().line(), error.marker().col());
                    self.found.push(syntax_error(error.info(), place));
                    return;
                }
            }
            if self.stopped {
                return;
            }
        }
    }

    fn finish(self) -> Result<Node, Diagnostics> {
        let start = Place { file: self.file.clone(), span: Span { start: 0, end: 0 }, line: 1, column: 1 };
        let root = self.root.unwrap_or(Node { value: Value::Null, place: start });
        self.found.into_result(root).map(|(root, _)| root)
    }

    fn take(&mut self, event: Event<'_>, span: YamlSpan) {
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents == 2 {
                    let place = self.place(span);
                    self.stop(
                        Diagnostic::error(Code::YamlSyntax, "the file holds more than one document")
                            .at(place, "the second document begins here")
                            .help("keep one document per file, without `---` lines between"),
                    );
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span, Some(&text));
                let value = scalar(&text, style);
                let node = Node { value, place: self.place(span) };
                self.anchor(anchor, &node, 1, 1);
                self.attach(node, 1);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span, None);
                self.begin(Value::Sequence(Vec::new()), anchor, span);
            }
            Event::MappingStart(_, anchor, tag) => {
                self.refuse_tag(tag.as_deref(), span, None);
                self.begin(Value::Mapping(Vec::new()), anchor, span);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.repeat(anchor, span),
            // Events that carry nothing of the tree, some only emitted when asked for.
            _ => {}
        }
    }

    fn begin(&mut self, value: Value, anchor: usize, span: YamlSpan) {
        let node = Node { value, place: self.place(span) };
        if self.open.len() >= MAX_DEPTH {
            self.stop(too_deep(node.place));
            return;
        }
        let depth = self.open.len() + 1;
        let (nodes_before, pending) = (self.nodes, None);
        self.open.push(Open { node, anchor, nodes_before, depth, pending, first_places: BTreeMap::new() });
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let nodes = self.nodes - open.nodes_before + 1;
        // Children raised the recorded depth of this node; below it lies the difference.
        let below = open.depth - self.open.len();
        if let Some(parent) = self.open.last_mut() {
            parent.depth = parent.depth.max(open.depth);
        }
        self.anchor(open.anchor, &open.node, nodes, below);
        self.attach(open.node, 1);
    }

    fn anchor(&mut self, anchor: usize, node: &Node, nodes: usize, depth: usize) {
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes, depth });
        }
    }

    fn repeat(&mut self, anchor: usize, span: YamlSpan) {
        let place = self.place(span);
        let Some(anchored) = self.anchors.get(&anchor) else {
            self.stop(
                Diagnostic::error(Code::YamlBudget, "an alias stands inside the value that it repeats")
                    .at(place, "this would never end"),
            );
            return;
        };
        if self.open.len() + anchored.depth > MAX_DEPTH {
            self.stop(too_deep(place));
            return;
        }
        let (node, nodes, depth) = (anchored.node.clone(), anchored.nodes, self.open.len() + anchored.depth);
        if self.nodes + nodes > MAX_NODES {
            self.stop(too_many(place));
            return;
        }
        if let Some(parent) = self.open.last_mut() {
            parent.depth = parent.depth.max(depth);
        }
        self.attach(node, nodes);
    }

    /// Puts a finished node where it belongs: into the open list or mapping, or at the root.
    fn attach(&mut self, mut node: Node, nodes: usize) {
        self.nodes += nodes;
        if self.nodes > MAX_NODES {
            self.stop(too_many(node.place));
            return;
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        match &mut open.node.value {
            Value::Sequence(items) => items.push(node),
            Value::Mapping(entries) => match open.pending.take() {
                None => {
                    let (key, problem) = key_of(&node);
                    self.found.extend(problem);
                    open.pending = Some((key, node.place));
                }
                Some((key, key_place)) => {
                    if let Some(first) = open.first_places.get(&key) {
                        self.found.push(duplicate(&key, key_place, first.clone()));
                        return;
                    }
                    if !matches!(node.value, Value::Scalar { .. }) {
                        node.place = key_place.clone();
                    }
                    open.first_places.insert(key.clone(), key_place.clone());
                    entries.push(Entry { key, key_place, value: node });
                }
            },
            Value::Null | Value::Scalar { .. } => {}
        }
    }

    fn refuse_tag(&mut self, tag: Option<&Tag>, span: YamlSpan, scalar: Option<&str>) {
        let Some(tag) = tag.filter(|_| self.tags == Tags::Refused) else { return };
        let place = self.place(span.tag_span().unwrap_or(span));
        let spelt = tag.original();
        let value = match scalar {
            Some(text) => plain_or_quoted(text),
            None => self.text.get(place.span.end..).and_then(flow).unwrap_or_else(|| "…".to_owned()),
        };
        let diagnostic = Diagnostic::error(Code::YamlTag, format!("the tag `{}` is not allowed", excerpt(&spelt)))
            .at(place, "")
            .help(long_form(&spelt, scalar, &value));
        self.found.push(diagnostic);
    }

    fn place(&self, span: YamlSpan) -> Place {
        let line = u32::try_from(span.start.line()).unwrap_or(u32::MAX);
        let column = u32::try_from(span.start.col() + 1).unwrap_or(u32::MAX);
        let range = span.byte_range().unwrap_or(0..0);
        let trimmed = self.text.get(range.clone()).map_or(range.end, |text| range.start + text.trim_end().len());
        Place {
            file: self.file.clone(),
            span: Span { start: range.start, end: trimmed.max(range.start) },
            line,
            column,
        }
    }

    fn place_at(&self, line: usize, column: usize) -> Place {
        let before: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = self.text.get(before..).unwrap_or_default();
        let within: usize = rest.chars().take(column).map(char::len_utf8).sum();
        let start = before + within;
        Place::locate(self.file, self.text, Span { start, end: start })
    }

    fn stop(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
        self.stopped = true;
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    let plain = matches!(style, ScalarStyle::Plain);
    match text {
        "" | "~" | "null" | "Null" | "NULL" if plain => Value::Null,
        _ => Value::Scalar { text: text.to_owned(), plain },
    }
}

/// The text of a key, and what is wrong with it.
fn key_of(node: &Node) -> (String, Option<Diagnostic>) {
    match &node.value {
        Value::Scalar { text, .. } => (text.clone(), None),
        Value::Null | Value::Sequence(_) | Value::Mapping(_) => {
            let problem =
                Diagnostic::error(Code::WrongType, format!("a key must be a text, found {}", node.describe()))
                    .at(node.place.clone(), "")
                    .help("put quotes around a text that begins with `{` or `[`, for instance \"{{ name }}\"");
            (String::new(), Some(problem))
        }
    }
}

fn duplicate(key: &str, place: Place, first: Place) -> Diagnostic {
    Diagnostic::error(Code::DuplicateField, format!("`{}` is given twice", excerpt(key)))
        .at(place, "given again here")
        .at(first, "first given here")
        .help("keep one of the two")
}

fn too_deep(place: Place) -> Diagnostic {
    Diagnostic::error(Code::YamlBudget, format!("the file is nested deeper than {MAX_DEPTH} levels"))
        .at(place, "one level too many")
}

fn too_many(place: Place) -> Diagnostic {
    Diagnostic::error(Code::YamlBudget, format!("the file expands to more than {MAX_NODES} values"))
        .at(place, "the limit is passed here")
        .help("write values out instead of repeating aliases of aliases")
}

fn syntax_error(info: String, place: Place) -> Diagnostic {
    if info.contains("nesting") || info.contains("recursion") {
        return too_deep(place).note(info);
    }
    let help = if info.contains("tab") {
        "indent with spaces; YAML does not allow tabs there"
    } else {
        "check indentation, quotes and brackets here and on the line above"
    };
    Diagnostic::error(Code::YamlSyntax, format!("not well-formed YAML: {info}")).at(place, "").help(help)
}

/// What to write instead of a CloudFormation short form (user guide, "Intrinsic function reference").
fn long_form(tag: &str, scalar: Option<&str>, value: &str) -> String {
    match tag.trim_start_matches('!') {
        name @ ("Ref" | "Condition") => format!("write the long form: `{{{name}: {value}}}`"),
        "GetAtt" => {
            let parts = scalar.map(|dotted| dotted.split_once('.').unwrap_or((dotted, "…")));
            let list = parts.map_or_else(|| value.to_owned(), |(id, attribute)| format!("[{id}, {attribute}]"));
            format!("write the long form: `{{\"Fn::GetAtt\": {list}}}`")
        }
        name @ ("And" | "Base64" | "Cidr" | "Equals" | "FindInMap" | "GetAZs" | "If" | "ImportValue" | "Join"
        | "Length" | "Not" | "Or" | "Select" | "Split" | "Sub" | "ToJsonString" | "Transform") => {
            format!("write the long form: `{{\"Fn::{name}\": {value}}}`")
        }
        _ => format!(
            "write the value without the tag; put quotes around it if it is meant as text: \"{tag} {}\"",
            scalar.map_or_else(|| "…".to_owned(), excerpt)
        ),
    }
}

/// A scalar as it may stand in a flow mapping.
fn plain_or_quoted(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b) || text.contains("::") && b == b':');
    if plain { text.to_owned() } else { serde_json::Value::from(excerpt(text)).to_string() }
}

/// The list or mapping in brackets with which a text begins, on one line; `None` where it is written in lines, or long.
fn flow(text: &str) -> Option<String> {
    const LONGEST: usize = 120;
    let text = text.trim_start_matches(' ');
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, c) in text.char_indices().take(LONGEST) {
        match (quote, c) {
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth = depth.saturating_sub(1),
            (None, '"' | '\'') => quote = Some(c),
            (None, '\n' | '\r') => return None,
            (Some(open), c) if c == open => quote = None,
            (None | Some(_), _) => {}
        }
        if depth == 0 {
            return text.get(..=at).filter(|list| list.len() > 1).map(str::to_owned);
        }
    }
    None
}
