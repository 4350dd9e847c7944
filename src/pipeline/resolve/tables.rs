//! Tables, their capacity and their indexes.

use std::collections::BTreeMap;

use super::finding::touches;
use super::{Resolver, defaults};
use crate::diagnostic::Code;
use crate::pipeline::model::{Index, Projection, Table, TableCapacity, Ttl, UnitRange};
use crate::pipeline::stage::{StageKind, StageRef};
use crate::spec::{ProjectChoice, Source, TableCapacityChoice, TableRangeSpec, TableSpec};
use crate::units::{LocalName, StageName};

/// Most global secondary indexes of a table (DynamoDB developer guide, quotas).
const MOST_INDEXES: usize = 20;
/// Shortest name of an index (the schema of `AWS::DynamoDB::Table`).
const SHORTEST_INDEX: usize = 3;

impl Resolver<'_> {
    pub(super) fn tables(&mut self) -> BTreeMap<StageName, Table> {
        let file = self.file;
        file.tables.iter().filter_map(|(name, spec)| Some((name.clone(), self.table(name, spec)?))).collect()
    }

    fn table(&mut self, name: &StageName, spec: &TableSpec) -> Option<Table> {
        let path = format!("tables.{name}");
        let ttl = match (&spec.ttl, &spec.no_ttl) {
            (Some(ttl), None) => {
                Some(Ttl::Expires { attribute: ttl.attribute.0.clone(), after: ttl.after.map(|after| after.0) })
            }
            (None, Some(never)) => Some(Ttl::Never { reason: never.reason.0.clone() }),
            (Some(_), Some(_)) => {
                let finding =
                    self.error(Code::Conflict, &format!("{path}.no_ttl"), "a table has `ttl` or `no_ttl`, not both");
                let finding = self.also(finding, &format!("{path}.ttl"), "items expire");
                self.push(finding.help("keep one of the two"));
                None
            }
            (None, None)
                if touches(self.broken, &format!("{path}.ttl")) || touches(self.broken, &format!("{path}.no_ttl")) =>
            {
                None
            }
            (None, None) => {
                let title = format!("table `{name}` does not say when its items expire");
                let help = "add `ttl: {attribute: expires_at, after: 30d}`, or `no_ttl: {reason: …}` if they never do";
                let note = "state that only grows is paid for every month, and DynamoDB deletes nothing until it is \
                            told by which attribute items expire";
                let finding = self.error(Code::MissingSetting, &format!("{path}.ttl"), title).note(note);
                self.push(finding.source(Source::DynamoTimeToLive).help(help));
                None
            }
        };
        if let Some(sort) = spec.sort.as_ref().filter(|sort| **sort == spec.key) {
            let title = format!("`{}` is both partition key and sort key", sort.0);
            let finding = self.error(Code::Conflict, &format!("{path}.sort"), title);
            self.push(finding.help("remove `sort`, or name another attribute"));
        }
        if let Some(Ttl::Expires { attribute, .. }) = &ttl
            && (*attribute == spec.key.0 || spec.sort.as_ref().is_some_and(|sort| sort.0 == *attribute))
        {
            // Keys are strings here, and DynamoDB expires by numbers only.
            let title = format!("`{attribute}` is a key and cannot hold the time to live");
            let finding = self.error(Code::Conflict, &format!("{path}.ttl.attribute"), title);
            self.push(finding.help("name an attribute of its own, for instance `expires_at`"));
        }
        let indexes = self.indexes(&path, spec);
        Some(Table {
            name: name.clone(),
            key: spec.key.0.clone(),
            sort: spec.sort.as_ref().map(|sort| sort.0.clone()),
            ttl: ttl?,
            capacity: self.table_capacity(&path, spec.capacity.as_ref()),
            point_in_time_recovery: spec
                .point_in_time_recovery
                .unwrap_or_else(|| defaults::point_in_time_recovery(self.environment().tier())),
            indexes,
            encryption: self.encryption(&StageRef::new(StageKind::Table, name), spec.encryption.as_ref()),
        })
    }

    fn table_capacity(&mut self, path: &str, choice: Option<&TableCapacityChoice>) -> TableCapacity {
        match choice {
            None | Some(TableCapacityChoice::OnDemand) => TableCapacity::OnDemand,
            Some(TableCapacityChoice::Provisioned(units)) => {
                TableCapacity::Provisioned { read: units.read.0, write: units.write.0 }
            }
            Some(TableCapacityChoice::Autoscaled(scaled)) => TableCapacity::Autoscaled {
                read: self.unit_range(&format!("{path}.capacity.autoscaled.read"), &scaled.read),
                write: self.unit_range(&format!("{path}.capacity.autoscaled.write"), &scaled.write),
                target: scaled.target.map_or(defaults::TABLE_TARGET, |target| target.0),
            },
        }
    }

    fn unit_range(&mut self, path: &str, spec: &TableRangeSpec) -> UnitRange {
        let (min, max) = (spec.min.0, spec.max.0);
        if max < min {
            let title = format!("at most {max} units is fewer than at least {min}");
            let finding = self.error(Code::Conflict, &format!("{path}.max"), title);
            self.push(finding.help(format!("raise `max` to {min} or more, or lower `min`")));
        }
        UnitRange { min, max }
    }

    fn indexes(&mut self, path: &str, spec: &TableSpec) -> BTreeMap<LocalName, Index> {
        let path = format!("{path}.indexes");
        let source = "DynamoDB takes 20 global secondary indexes on a table";
        self.check_most(&path, spec.indexes.len(), MOST_INDEXES, "indexes", source);
        for (name, index) in &spec.indexes {
            let path = format!("{path}.{name}");
            if name.as_str().len() < SHORTEST_INDEX {
                let title =
                    format!("`{name}` is too short for the name of an index: DynamoDB takes 3 to 255 characters");
                self.push(self.error(Code::BadName, &path, title).help("write a longer one, for instance `by-card`"));
            }
            if index.sort.as_ref() == Some(&index.key) {
                let title = format!("`{}` is both partition key and sort key", index.key.0);
                let finding = self.error(Code::Conflict, &format!("{path}.sort"), title);
                self.push(finding.help("remove `sort`, or name another attribute"));
            }
            if index.key == spec.key && index.sort == spec.sort {
                let finding = self.error(Code::Conflict, &path, "the index has the keys of the table itself");
                self.push(finding.help("read the table, and remove the index"));
            }
            let ttl = spec.ttl.as_ref().map(|ttl| &ttl.attribute);
            if ttl.is_some_and(|ttl| *ttl == index.key || Some(ttl) == index.sort.as_ref()) {
                let title = "the time to live is a number, the keys of an index are strings here";
                self.push(self.error(Code::Conflict, &path, title).help("index another attribute"));
            }
        }
        let index = |(name, index): (&LocalName, &crate::spec::IndexSpec)| {
            let project = match index.project {
                None | Some(ProjectChoice::All) => Projection::All,
                Some(ProjectChoice::KeysOnly) => Projection::KeysOnly,
            };
            let sort = index.sort.as_ref().map(|sort| sort.0.clone());
            (name.clone(), Index { key: index.key.0.clone(), sort, project })
        };
        spec.indexes.iter().map(index).collect()
    }
}
