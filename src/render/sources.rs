//! The Handlebars files: which there are, what they may contain, and how they are run.
//!
//! A template may place values and nothing else: `{{json value}}`, `{{#if}}`, `{{#each}}`, `{{else}}` and
//! comments. Everything else is refused when a file is loaded, because it could let a value out of its place
//! or let the template decide something.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use handlebars::template::{HelperTemplate, Parameter, TemplateElement};
use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, JsonTruthy as _, Output, RenderContext, RenderErrorReason,
    Renderable as _, StringOutput,
};
use serde_json::Value;

use super::slots::{Skeletons, Values};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FilePath, Place, Span, closest};

/// A piece of a template that Handlebars reads has at least so many bytes, if the file has.
const SHORTEST_PIECE: usize = 128;

macro_rules! templates {
    ($($(#[$doc:meta])* $name:ident = $file:literal;)*) => {
        /// The templates that there are.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum TemplateName {
            $($(#[$doc])* $name,)*
        }

        impl TemplateName {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The file's name in `templates/`.
            #[must_use]
            pub fn file_name(self) -> &'static str {
                match self { $(Self::$name => concat!($file, ".yaml.hbs"),)* }
            }

            /// The text that is built in.
            #[must_use]
            pub fn built_in(self) -> &'static str {
                match self { $(Self::$name => include_str!(concat!("../../templates/", $file, ".yaml.hbs")),)* }
            }
        }
    };
}

templates! {
    /// The topic that alarms speak to, and its key.
    Notifications = "notifications";
    /// A Kinesis stream.
    Stream = "stream";
    /// A DynamoDB table.
    Table = "table";
    /// A SageMaker endpoint with its model and configuration.
    Endpoint = "endpoint";
    /// A Lambda function, whatever invokes it.
    Function = "function";
    /// How a consumer reads its stream.
    Consumer = "consumer";
    /// What invokes a worker.
    Worker = "worker";
    /// A Firehose archive.
    Archive = "archive";
    /// A customer-managed key.
    Key = "key";
    /// An SQS queue with its dead-letter queue.
    Queue = "queue";
    /// An SNS topic with its subscriptions.
    Topic = "topic";
    /// A bucket: a stage, or the one that an archive writes to.
    Bucket = "bucket";
    /// The Glue database of archived Parquet.
    Catalog = "catalog";
    /// The policy of a stream's producers.
    Producer = "producer";
    /// The monthly budget.
    Budget = "budget";
    /// All alarms.
    Alarms = "alarms";
    /// The dashboard.
    Dashboard = "dashboard";
}

/// One file.
#[derive(Clone, Debug)]
struct Source {
    file: FilePath,
    text: String,
    is_built_in: bool,
    /// Compiled when it is first needed: a pipeline needs some of the templates, and compiling them all is most of
    /// what a short command would do.
    compiled: OnceLock<Result<Vec<Piece>, Diagnostic>>,
}

/// A part of a file that stands for itself: whole lines, no block open at either end. Handlebars reads slowly, and
/// counts lines from the beginning of its text for every expression: pieces keep that short.
#[derive(Clone, Debug)]
struct Piece {
    /// Lines of the file before the piece.
    lines_before: usize,
    content: Content,
}

#[derive(Clone, Debug)]
enum Content {
    /// Lines without expressions, as they are.
    Text(String),
    Template(handlebars::Template),
}

/// The templates of a project, checked and compiled: its own where it has them, the built-in ones elsewhere.
#[derive(Clone, Debug)]
pub struct TemplateSources {
    files: BTreeMap<TemplateName, Source>,
    skeletons: Arc<Skeletons>,
}

impl TemplateSources {
    /// The built-in templates alone.
    ///
    /// # Errors
    /// None, unless the product was built with a template that breaks its own rules.
    pub fn built_in() -> Result<Self, Diagnostics> {
        Self::with_project([])
    }

    /// The built-in templates, each shadowed by the project's file of the same name.
    ///
    /// # Errors
    /// A file whose name is no template's, that is not Handlebars, or that does more than place values, each with
    /// its line.
    pub fn with_project(project: impl IntoIterator<Item = (FilePath, String)>) -> Result<Self, Diagnostics> {
        let mut texts: BTreeMap<TemplateName, (FilePath, String)> =
            TemplateName::ALL.iter().map(|name| (*name, (built_in_path(*name), name.built_in().to_owned()))).collect();
        let mut found = Diagnostics::new();
        for (file, text) in project {
            match named(&file) {
                Ok(name) => {
                    texts.insert(name, (file, text));
                }
                Err(unknown) => found.push(unknown),
            }
        }
        let files: BTreeMap<_, _> =
            texts.into_iter().map(|(name, (file, text))| (name, Source::new(name, file, text))).collect();
        // The built-in ones are known to be good.
        for source in files.values().filter(|source| !source.is_built_in) {
            found.extend(source.check());
        }
        found.into_result(Self { files, skeletons: Arc::default() }).map(|(sources, _)| sources)
    }

    /// Compiles the templates of an ordinary pipeline, the last ones that rendering needs first: a second thread that
    /// does so meets the one that renders halfway.
    pub fn warm_up(&self) {
        use TemplateName::{
            Alarms, Archive, Bucket, Consumer, Dashboard, Endpoint, Function, Notifications, Producer, Stream, Table,
        };
        let backwards =
            [Dashboard, Alarms, Archive, Bucket, Consumer, Function, Endpoint, Table, Producer, Stream, Notifications];
        for source in backwards.iter().filter_map(|name| self.files.get(name)) {
            // What is wrong with it is told to whoever renders.
            let _ = source.pieces();
        }
    }

    /// The file that a template comes from.
    #[must_use]
    pub fn file(&self, name: TemplateName) -> FilePath {
        self.files.get(&name).map_or_else(|| built_in_path(name), |source| source.file.clone())
    }

    /// The project's own file in the place of a template, if it says anything else than the built-in one.
    #[must_use]
    pub fn shadow(&self, name: TemplateName) -> Option<&FilePath> {
        self.files.get(&name).filter(|source| !source.is_built_in).map(|source| &source.file)
    }

    /// Every file with its text, in the order of their names: what a release must remember.
    pub fn texts(&self) -> impl Iterator<Item = (&FilePath, &str)> {
        self.files.values().map(|source| (&source.file, source.text.as_str()))
    }

    /// Places a view and reads the result: a value in the shape of a template, intrinsics in long form.
    pub(super) fn place(&self, name: TemplateName, view: Value) -> Result<Value, Diagnostic> {
        let values = Values::default();
        let placed = self.placed(name, view, &values)?;
        self.skeletons.fill(placed, values.take()).map_err(|why| {
            Diagnostic::error(Code::TemplateResult, format!("{} does not give CloudFormation: {why}", self.file(name)))
                .note("lines are those of the text that the template gives, after its values were placed")
        })
    }

    /// The text that a template gives, a slot wherever a value stands; the values go into `values`.
    fn placed(&self, name: TemplateName, view: Value, values: &Values) -> Result<String, Diagnostic> {
        let mut registry = Handlebars::new();
        registry.set_strict_mode(true);
        registry.register_escape_fn(handlebars::no_escape);
        registry.register_helper("json", Box::new(Json(values.clone())));
        registry.register_helper("if", Box::new(If));
        let mut out = StringOutput::new();
        let Some(source) = self.files.get(&name) else { return Ok(String::new()) };
        let unplaced = |error: &handlebars::RenderError, before| unplaced(source, error, before);
        let context = Context::from(view);
        for piece in source.pieces()? {
            match &piece.content {
                Content::Text(text) => out.write(text).map_err(|error| unplaced(&error.into(), piece.lines_before))?,
                Content::Template(template) => template
                    .render(&registry, &context, &mut RenderContext::new(None), &mut out)
                    .map_err(|error| unplaced(&error, piece.lines_before))?,
            }
        }
        out.into_string().map_err(|error| unplaced(&error.into(), 0))
    }
}

fn unplaced(source: &Source, error: &handlebars::RenderError, lines_before: usize) -> Diagnostic {
    let place = source.place(lines_before + error.line_no.unwrap_or(1), error.column_no.unwrap_or(1));
    let title = format!("the template asks for a value that its stage does not have: {}", error.reason());
    Diagnostic::error(Code::TemplateValue, title)
        .at(place, "asked for here")
        .help("compare with the built-in template of the same name, which asks for every value there is")
}

impl Source {
    fn new(name: TemplateName, file: FilePath, text: String) -> Self {
        Self { file, is_built_in: text == name.built_in(), text, compiled: OnceLock::new() }
    }

    /// Compiles the file; everything that is wrong with it.
    fn check(&self) -> Vec<Diagnostic> {
        let (pieces, found) = self.compile();
        let _ = self.compiled.set(found.first().cloned().map_or(Ok(pieces), Err));
        found
    }

    fn pieces(&self) -> Result<&[Piece], Diagnostic> {
        let compiled = self.compiled.get_or_init(|| {
            let (pieces, found) = self.compile();
            found.into_iter().next().map_or(Ok(pieces), Err)
        });
        compiled.as_deref().map_err(Clone::clone)
    }

    fn compile(&self) -> (Vec<Piece>, Vec<Diagnostic>) {
        let mut found = Vec::new();
        let mut pieces = Vec::new();
        let text =
            if self.is_built_in { Cow::Owned(uncommented(&self.text)) } else { Cow::Borrowed(self.text.as_str()) };
        for Cut { lines_before, text, placed } in cut(&text) {
            if !placed {
                pieces.push(Piece { lines_before, content: Content::Text(text.to_owned()) });
                continue;
            }
            match handlebars::Template::compile(text) {
                Ok(template) => {
                    found.extend(refused(&template, self, lines_before));
                    pieces.push(Piece { lines_before, content: Content::Template(template) });
                }
                Err(error) => {
                    let line = lines_before + error.pos().map_or(1, |(line, _)| line);
                    let title = format!("the template is not Handlebars: {}", error.reason());
                    found.push(Diagnostic::error(Code::TemplateSyntax, title).at(self.place(line, 1), "here"));
                }
            }
        }
        (pieces, found)
    }

    fn place(&self, line: usize, column: usize) -> Place {
        let start = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum::<usize>();
        let rest = self.text.get(start..).unwrap_or_default();
        let length = rest.find('\n').unwrap_or(rest.len());
        let start = start + column.saturating_sub(1).min(length);
        let end = self
            .text
            .len()
            .min(start + rest.find('\n').map_or(rest.len(), |end| end.saturating_sub(column.saturating_sub(1))));
        Place::locate(&self.file, &self.text, Span { start, end: end.max(start) })
    }
}

/// A built-in text with its lines of comments left empty: they are for whoever reads the file, and a fifth of what Handlebars
/// and YAML would have to read. In a project's own file such a line may as well be part of a longer text.
fn uncommented(text: &str) -> String {
    let is_comment = |line: &str| line.trim_start().starts_with('#') && !line.contains("{{");
    text.split_inclusive('\n').map(|line| if is_comment(line) { "\n" } else { line }).collect()
}

/// Whole lines of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cut<'a> {
    lines_before: usize,
    text: &'a str,
    /// Whether there is anything for Handlebars to do.
    placed: bool,
}

/// Cuts a text between lines at which no block and no comment is open.
fn cut(text: &str) -> Vec<Cut<'_>> {
    let mut cuts = Vec::new();
    let (mut start, mut end, mut depth) = (0, 0, 0_usize);
    let (mut lines_before, mut lines, mut placed) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let expressions = line.contains("{{");
        let enough = placed && end - start >= SHORTEST_PIECE;
        if depth == 0 && (enough || expressions != placed) {
            let text = text.get(start..end).unwrap_or_default();
            cuts.extend((!text.is_empty()).then_some(Cut { lines_before, text, placed }));
            (start, lines_before, placed) = (end, lines, expressions);
        }
        end += line.len();
        lines += 1;
        let opened = line.matches("{{#").count() + line.matches("{{!").count();
        // A comment ends with the line it ends on; where that is not so, the piece only grows longer.
        let closed = line.matches("{{/").count() + line.matches("{{!").count().min(line.matches("}}").count());
        depth = (depth + opened).saturating_sub(closed);
    }
    let rest = text.get(start..).filter(|rest| !rest.is_empty());
    cuts.extend(rest.map(|text| Cut { lines_before, text, placed }));
    cuts
}

fn built_in_path(name: TemplateName) -> FilePath {
    FilePath::new(&format!("templates/{}", name.file_name()))
}

fn named(file: &FilePath) -> Result<TemplateName, Diagnostic> {
    let base = file.as_str().rsplit('/').next().unwrap_or_default();
    let found = TemplateName::ALL.iter().copied().find(|name| name.file_name() == base);
    found.ok_or_else(|| {
        let place = Place { file: file.clone(), span: Span { start: 0, end: 0 }, line: 1, column: 1 };
        let unknown =
            Diagnostic::error(Code::UnknownTemplate, format!("there is no template named `{base}`")).at(place, "");
        let names: Vec<&str> = TemplateName::ALL.iter().map(|name| name.file_name()).collect();
        match closest(base, names.iter().copied()) {
            Some(near) => unknown.help(format!("did you mean `{near}`?")),
            None => unknown.help(format!("a project may shadow {}", names.join(", "))),
        }
    })
}

/// Everything in a template that does more than place values.
fn refused(template: &handlebars::Template, source: &Source, lines_before: usize) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for (index, element) in template.elements.iter().enumerate() {
        let (line, column) = template.mapping.get(index).map_or((1, 1), |at| (at.0, at.1));
        let line = lines_before + line;
        let mut refuse = |what: String| {
            found.push(
                Diagnostic::error(Code::TemplateExpression, what)
                    .at(source.place(line, column), "here")
                    .note("a template only places values: `{{json value}}`, `{{#if}}`, `{{#each}}`, `{{else}}` and comments")
                    .help("write `{{json name}}`, which keeps the value's type and cannot break out of its place"),
            );
        };
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::HtmlExpression(_) => refuse("a value is placed without escaping".to_owned()),
            TemplateElement::Expression(helper) => {
                if !calls(helper, &["json"]) {
                    refuse(format!("`{}` is placed without `json`", shown(helper)));
                }
            }
            TemplateElement::HelperBlock(helper) => {
                if !calls(helper, &["if", "each"]) {
                    refuse(format!("`#{}` is not a block that templates may use", shown(helper)));
                }
                for inner in [&helper.template, &helper.inverse].into_iter().flatten() {
                    found.extend(refused(inner, source, lines_before));
                }
            }
            TemplateElement::DecoratorExpression(_)
            | TemplateElement::DecoratorBlock(_)
            | TemplateElement::PartialExpression(_)
            | TemplateElement::PartialBlock(_) => refuse("partials and decorators are not for templates".to_owned()),
            _ => refuse("this is not for templates".to_owned()),
        }
    }
    found
}

/// Whether a helper is one of `names` and is called with one plain path.
fn calls(helper: &HelperTemplate, names: &[&str]) -> bool {
    helper.name.as_name().is_some_and(|name| names.contains(&name))
        && matches!(helper.params.as_slice(), [Parameter::Path(_)])
        && helper.hash.is_empty()
}

fn shown(helper: &HelperTemplate) -> String {
    helper.name.as_name().unwrap_or("expression").to_owned()
}

/// `{{json value}}`: the value with its type, in a slot of its own.
struct Json(Values);

impl HelperDef for Json {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        out.write(&self.0.keep(present(helper, "json")?))?;
        Ok(())
    }
}

/// `{{#if value}}`: as Handlebars has it, but a name that is not there is an error instead of "no".
struct If;

impl HelperDef for If {
    fn call<'reg: 'rc, 'rc>(
        &self,
        helper: &Helper<'rc>,
        registry: &'reg Handlebars<'reg>,
        context: &'rc Context,
        state: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let branch = if present(helper, "if")?.is_truthy(false) { helper.template() } else { helper.inverse() };
        branch.map_or(Ok(()), |branch| branch.render(registry, context, state, out))
    }
}

fn present<'a>(helper: &'a Helper<'_>, name: &'static str) -> Result<&'a Value, RenderErrorReason> {
    let param = helper.param(0).ok_or(RenderErrorReason::ParamNotFoundForIndex(name, 0))?;
    if param.is_value_missing() {
        return Err(RenderErrorReason::MissingVariable(param.relative_path().cloned()));
    }
    Ok(param.value())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn project(text: &str) -> Result<TemplateSources, Diagnostics> {
        TemplateSources::with_project([(FilePath::new("templates/dashboard.yaml.hbs"), text.to_owned())])
    }

    fn refusal(text: &str) -> Diagnostic {
        let found = project(text).expect_err("is refused");
        assert_eq!(found.len(), 1, "{found:?}");
        found.into_iter().next().expect("one")
    }

    #[test]
    fn built_in_templates_keep_their_own_rules() {
        let sources = TemplateSources::built_in().expect("they load");
        for source in sources.files.values() {
            assert_eq!(source.check(), Vec::new(), "{}", source.file);
        }
    }

    #[test]
    fn bare_triple_and_foreign_expressions_are_refused_with_their_line() {
        for text in [
            "a: 1\nb: {{name}}\n",
            "a: 1\nb: {{{name}}}\n",
            "a: 1\nb: {{&name}}\n",
            "a: 1\nb: {{upper name}}\n",
            "a: 1\nb: {{json (lookup name 0)}}\n",
            "a: 1\n{{#each xs}}b: {{this}}{{/each}}\n",
            "a: 1\n{{#with x}}b: {{json y}}{{/with}}\n",
            "a: 1\n{{#unless x}}b{{/unless}}\n",
            "a: 1\n{{> other}}\n",
        ] {
            let refusal = refusal(text);
            assert_eq!(refusal.code, Code::TemplateExpression, "{text}");
            assert_eq!(refusal.place().map(|place| place.line), Some(2), "{text}");
        }
    }

    #[test]
    fn a_long_file_is_cut_only_where_no_block_is_open_and_keeps_its_line_numbers() {
        let plain = "a: 1 # a line that is long enough to fill a piece soon\n".repeat(20);
        let text = format!("{plain}{{{{#if x}}}}\n{plain}{{{{/if}}}}\n{plain}");
        let cuts = cut(&text);
        assert_eq!(cuts.iter().map(|cut| cut.placed).collect::<Vec<_>>(), [false, true, false]);
        assert_eq!(cuts.iter().map(|cut| cut.text).collect::<String>(), text);
        assert_eq!(cuts.iter().map(|cut| cut.lines_before).collect::<Vec<_>>(), [0, 20, 42]);
        let many = "a: {{json x}}\n".repeat(40);
        assert!(cut(&many).len() > 3, "{}", cut(&many).len());
        let told = refusal(&format!("{text}b: {{{{name}}}}\n"));
        assert_eq!(told.place().map(|place| place.line), Some(63));
        let told = project(&format!("{plain}b: {{{{json nowhere}}}}\n")).expect("loads");
        let told = told.place(TemplateName::Dashboard, json!({})).expect_err("has no such value");
        assert_eq!(told.place().map(|place| place.line), Some(21));
    }

    #[test]
    fn a_file_that_is_not_handlebars_is_told_with_its_line() {
        assert_eq!(refusal("a: 1\nb: {{#if x}}\n").code, Code::TemplateSyntax);
    }

    #[test]
    fn a_file_that_shadows_nothing_is_told_the_nearest_name() {
        let found = TemplateSources::with_project([(FilePath::new("templates/strem.yaml.hbs"), String::new())]);
        let told = found.expect_err("is refused").into_iter().next().expect("one");
        assert_eq!(
            (told.code, told.help.first().map(String::as_str)),
            (Code::UnknownTemplate, Some("did you mean `stream.yaml.hbs`?"))
        );
    }

    #[test]
    fn a_missing_name_is_an_error_wherever_it_stands() {
        for text in [
            "a: {{json nowhere}}",
            "{{#if nowhere}}a: 1{{/if}}",
            "{{#each nowhere}}a{{/each}}",
            "{{#each xs}}{{json nowhere}}{{/each}}",
            "{{#each xs}}{{#if nowhere}}a{{/if}}{{/each}}",
        ] {
            let told = project(text).expect("loads").place(TemplateName::Dashboard, json!({"xs": [{"y": 1}]}));
            assert_eq!(told.expect_err(text).code, Code::TemplateValue);
        }
    }

    #[test]
    fn a_value_that_is_null_is_there_and_says_no() {
        let placed = project("{{#if x}}a{{else}}b{{/if}}: {{json x}}")
            .expect("loads")
            .place(TemplateName::Dashboard, json!({"x": null}));
        assert_eq!(placed.expect("places"), json!({"b": null}));
    }
}
