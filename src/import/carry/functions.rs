//! What consumers and workers share: code, size, edges, environment.

use super::edges::Edges;
use super::{Carry, days, placeholder, seconds};
use crate::diagnostic::{Code, Diagnostic};
use crate::import::document::{Block, Out};
use crate::import::names::stage_name;
use crate::import::value::Item;
use crate::import::world::{Kind, Resource, View};
use crate::spec::{LayerArn, Text, VariableName, refused};
use crate::units::ByteSize;

/// Prefixes and names of the variables that Sluice itself sets from edges.
const OWN_VARIABLES: [&str; 13] = [
    "TABLE_",
    "TTL_ATTRIBUTE_",
    "TTL_SECONDS_",
    "STREAM_",
    "QUEUE_",
    "TOPIC_",
    "BUCKET_",
    "ENDPOINT_",
    "DEFAULT_MODEL",
    "FALLBACK_MODEL",
    "FALLBACK_ENDPOINT",
    "METRICS_",
    "INPUT_BUCKET",
];

impl Carry<'_> {
    /// Writes the fields that every function has. `own` is what the function's failure destination is.
    pub(super) fn function(&self, name: &str, function: &Resource, edges: &Edges, into: &mut Block) {
        let view = function.view();
        self.tags(function);
        view.skip(&[
            "FunctionName",
            "Description",
            "Role",
            "Publish",
            "LoggingConfig.LogGroup",
            "LoggingConfig.LogFormat",
            "Code.Hash",
            "Code.S3Bucket",
            "Code.S3ObjectVersion",
        ]);
        self.code(name, &view, into);
        match self.checked::<Text<64>>(&view, "Runtime") {
            Some(runtime) if runtime == "python3.13" => {}
            Some(runtime) => into.put("runtime", Out::text(runtime)),
            None => {
                into.put("runtime", placeholder());
                self.to_decide(
                    function,
                    "it has no runtime; a pipeline's functions are handlers, not container images",
                );
            }
        }
        // Lambda's own defaults: 128 MB and 3 seconds (AWS::Lambda::Function).
        let memory = self.whole_or(&view, "MemorySize", 128, 128..=10_240);
        into.put_unless("memory", memory, 512, |mib| Out::word(ByteSize::from_mib(mib)));
        into.put_unless("timeout", self.whole_or(&view, "Timeout", 3, 1..=900), 60, seconds);
        if let Some(architectures) =
            self.texts(&view, "Architectures").filter(|all| all.iter().any(|one| one != "x86_64"))
        {
            self.lost(&view, "Architectures", &format!("functions run on x86_64, not on {}", architectures.join(", ")));
        }
        edges.write(into);
        self.environment(&view, into);
        self.layers(&view, into);
        if self.text(&view, "TracingConfig.Mode").as_deref() == Some("Active") {
            into.put("tracing", Out::word(true));
        }
        into.put_some("log_retention", self.log_retention(function));
    }

    fn code(&self, name: &str, view: &View<'_>, into: &mut Block) {
        let folder = self.code_folder(view).unwrap_or_else(|| name.to_owned());
        let folder = format!("handlers/{}", stage_name(&folder, name));
        into.put("code", Out::text(folder.as_str()));
        self.to_decide(view.resource, &format!("put its code into `{folder}` beside the pipeline file"));
        if view.field("Code.ZipFile").is_some() {
            self.lost(view, "Code.ZipFile", "code stands in files beside the pipeline file");
        }
        match self.checked::<Text<128>>(view, "Handler") {
            Some(handler) => into.put("handler", Out::text(handler)),
            None => {
                into.put("handler", placeholder());
                self.to_decide(view.resource, "its handler cannot be told; write `module.function`");
            }
        }
    }

    /// What the file of a function's code is called, without folders and ending.
    fn code_folder(&self, view: &View<'_>) -> Option<String> {
        let item = ["Code.File", "Code.S3Key"].iter().find_map(|path| view.get(path))?;
        let archive = item.references().first().and_then(|reference| self.world.at(reference));
        let path = match archive {
            Some(archive) => {
                let packed = archive.view();
                ["source_dir", "source_file", "SourceDir", "SourceFile"]
                    .iter()
                    .find_map(|path| packed.get(path))?
                    .as_text()?
            }
            None => item.as_text()?,
        };
        let last = path.trim_end_matches('/').rsplit('/').next()?;
        let stem = last.split('.').next().filter(|stem| !stem.is_empty())?;
        // A content address says nothing to people.
        let hash = stem.len() >= 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
        (!hash).then(|| stem.to_owned())
    }

    fn environment(&self, view: &View<'_>, into: &mut Block) {
        let Some(field) = view.field("Environment.Variables") else { return };
        let Some(variables) = field.item.fields() else { return self.open(view, field) };
        let ours = self.world.mark.is_some();
        let mut block = Block::default();
        for variable in &variables.0 {
            let name = &variable.name;
            if ours && OWN_VARIABLES.iter().any(|own| name.starts_with(own)) {
                continue;
            }
            let leads = variable.item.references().into_iter().find_map(|reference| self.world.at(reference));
            let why = match (variable.item.as_text(), leads) {
                (Some(text), _) => match refused::<VariableName>(name).or_else(|| refused::<Text<4096>>(&text)) {
                    Some(why) => why,
                    None => {
                        block.put(name, Out::text(text));
                        continue;
                    }
                },
                (None, Some(resource)) => {
                    format!(
                        "it leads to `{}`; a handler is told what its edges lead to (see `sluice explain I8113`)",
                        resource.address
                    )
                }
                (None, None) => match variable.item.why_unknown() {
                    Some(why) => why,
                    None => "its value is known only to AWS".to_owned(),
                },
            };
            let title = format!("`{}`: the variable `{name}` is not carried over: {why}", view.resource.address);
            let place = variable.item.place.clone();
            self.tell(Diagnostic::warning(Code::NotCarriedOver, title), place);
        }
        into.put_block("environment", block);
    }

    fn layers(&self, view: &View<'_>, into: &mut Block) {
        let Some(field) = view.field("Layers") else { return };
        let mut known = Vec::new();
        for layer in field.item.members() {
            match layer.as_text().filter(|text| refused::<LayerArn>(text).is_none()) {
                Some(arn) if known.len() < 5 => known.push(Out::text(arn)),
                Some(_) => self.lost(view, "Layers", "a function has at most five layers"),
                None => self.lost(view, "Layers", "a layer is named by the ARN of one of its versions"),
            }
        }
        if !known.is_empty() {
            into.put("layers", Out::List(known));
        }
    }

    /// `reserved` and `provisioned`, with what only workers have.
    pub(super) fn concurrency(&self, function: &Resource, mut block: Block, into: &mut Block) {
        let view = function.view();
        let reserved = self.whole(&view, "ReservedConcurrentExecutions", 0..=100_000);
        block.put_some("reserved", reserved.map(Out::word));
        let path = "ProvisionedConcurrencyConfig.ProvisionedConcurrentExecutions";
        let on_alias = self.belonging(Kind::Alias, function).or_else(|| self.belonging(Kind::Version, function));
        let provisioned = match on_alias.and_then(|alias| self.whole(&alias.view(), path, 1..=100_000)) {
            Some(provisioned) => Some(provisioned),
            None => self
                .belonging(Kind::ProvisionedConcurrency, function)
                .and_then(|config| self.whole(&config.view(), "ProvisionedConcurrentExecutions", 1..=100_000)),
        };
        block.put_some("provisioned", provisioned.map(Out::word));
        into.put_block("concurrency", block);
    }

    /// The first resource of a kind that names a function.
    pub(super) fn belonging(&self, kind: Kind, function: &Resource) -> Option<&Resource> {
        self.world.of(kind).find(|resource| {
            let named =
                resource.view().get("FunctionName").and_then(|item| super::parts::function_of(self.world, item));
            named.is_some_and(|named| named.address == function.address)
        })
    }

    fn log_retention(&self, function: &Resource) -> Option<Out> {
        let named =
            function.view().get("LoggingConfig.LogGroup").and_then(|item| self.world.meant(item, &[Kind::LogGroup]));
        let group = named.or_else(|| {
            self.world.of(Kind::LogGroup).find(|group| {
                let Some(item) = group.view().get("LogGroupName") else { return false };
                let refers = item.references().iter().any(|reference| reference.address == function.address);
                let spelt = function
                    .name()
                    .is_some_and(|name| item.as_text().is_some_and(|text| text == format!("/aws/lambda/{name}")));
                refers || spelt
            })
        })?;
        let retention = self.whole(&group.view(), "RetentionInDays", 0..=3653)?;
        (retention > 0).then(|| days(retention))
    }

    /// The filters of a mapping.
    pub(super) fn filters(&self, view: &View<'_>, into: &mut Block) {
        let mut filters = Vec::new();
        for filter in view.each("FilterCriteria.Filters") {
            match filter.get("Pattern").and_then(Item::decoded).and_then(|pattern| pattern.to_json()) {
                Some(pattern) => filters.push(Out::json(&pattern)),
                None => self.lost(&filter, "Pattern", "it is no JSON, or not known here"),
            }
        }
        if !filters.is_empty() {
            into.put("filters", Out::List(filters));
        }
    }

    /// Whether the handler names what failed.
    pub(super) fn reports_items(&self, view: &View<'_>) -> bool {
        let types = self.texts(view, "FunctionResponseTypes").unwrap_or_default();
        types.iter().any(|one| one == "ReportBatchItemFailures")
    }

    /// Says of resources that name this function and are not of use, that they are not.
    pub(super) fn enabled(&self, view: &View<'_>) {
        if self.flag(view, "Enabled", true) == Some(false) {
            self.lost(view, "Enabled", "a consumer that is there reads");
        }
    }
}
