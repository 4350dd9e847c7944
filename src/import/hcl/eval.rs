//! Expressions of Terraform, as far as they can be told without running it. Whatever leads to another resource
//! stays a reference; whatever cannot be told says why.

use std::ops::Range;

use hcl::edit::Span as _;
use hcl::edit::expr::{
    BinaryOp, BinaryOperator, Expression, ForExpr, Object, ObjectKey, Traversal, TraversalOperator, UnaryOp,
    UnaryOperator,
};
use hcl::edit::template::{Element, Template};

use super::functions;
use super::scope::{Scope, TOO_FAR};
use crate::diagnostic::Place;
use crate::import::text::SourceText;
use crate::import::value::{Field, Fields, Item, Reference, Value};

/// Evaluates the expressions of one file.
pub(super) struct Evaluator<'s> {
    scope: &'s Scope<'s>,
    source: usize,
    /// Names of `for` expressions around, innermost last.
    bound: Vec<(String, Item)>,
}

impl<'s> Evaluator<'s> {
    pub(super) fn new(scope: &'s Scope<'_>, source: usize) -> Evaluator<'s> {
        Evaluator { scope: shortened(scope), source, bound: Vec::new() }
    }

    pub(super) fn place(&self, span: Option<Range<usize>>) -> Option<Place> {
        let source: &SourceText<'_> = self.scope.sources.get(self.source)?;
        Some(source.place(span?))
    }

    pub(super) fn item(&self, expr: &Expression) -> Item {
        let place = self.place(expr.span());
        if !self.scope.spend(1) {
            return Item::unknown(TOO_FAR, place);
        }
        let evaluated = self.scope.deeper(|| self.evaluate(expr, place.clone()));
        evaluated.unwrap_or_else(|| Item::unknown(TOO_FAR, place))
    }

    fn evaluate(&self, expr: &Expression, place: Option<Place>) -> Item {
        match expr {
            Expression::Null(_) => Item::new(Value::Null, place),
            Expression::Bool(flag) => Item::new(Value::Bool(*flag.value()), place),
            Expression::Number(number) => match number.value().as_f64() {
                Some(number) => Item::number(number, place),
                None => Item::unknown("the number is too large", place),
            },
            Expression::String(text) => Item::text(text.value().as_str(), place),
            Expression::Array(items) => {
                Item::new(Value::List(items.iter().map(|item| self.item(item)).collect()), place).bounded()
            }
            Expression::Object(object) => self.object(object, place).bounded(),
            Expression::StringTemplate(template) => self.template(template, place),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template, place),
            Expression::Parenthesis(inner) => self.item(inner.inner()),
            Expression::Variable(name) => self.variable(name.value().as_str(), place),
            Expression::Conditional(choice) => {
                let condition = self.item(&choice.cond_expr);
                match condition.as_flag() {
                    Some(true) => self.item(&choice.true_expr),
                    Some(false) => self.item(&choice.false_expr),
                    None => Item::unknown(format!("the condition is open: {}", why(&condition)), place),
                }
            }
            Expression::FuncCall(call) => {
                let arguments: Vec<Item> = call.args.iter().map(|argument| self.item(argument)).collect();
                let name = call.name.name.value().as_str();
                if call.name.is_namespaced() || call.args.expand_final() {
                    return Item::unknown(format!("the call of `{name}` is not evaluated"), place);
                }
                functions::call(name, &arguments, place).bounded()
            }
            Expression::Traversal(traversal) => self.traversal(traversal, place),
            Expression::UnaryOp(operation) => self.unary(operation, place),
            Expression::BinaryOp(operation) => self.binary(operation, place),
            Expression::ForExpr(each) => self.for_each(each, place).bounded(),
        }
    }

    fn object(&self, object: &Object, place: Option<Place>) -> Item {
        let mut fields = Fields::default();
        for (key, value) in object {
            let (name, key_place) = match key {
                ObjectKey::Ident(name) => (Some(name.value().to_string()), self.place(name.span())),
                ObjectKey::Expression(Expression::Variable(name)) => {
                    (Some(name.value().to_string()), self.place(name.span()))
                }
                ObjectKey::Expression(expr) => {
                    let key = self.item(expr);
                    (key.as_text(), key.place)
                }
            };
            let Some(name) = name else { return Item::unknown("a key of the mapping is not known", place) };
            let item = self.item(value.expr());
            fields.0.push(Field { written: name.clone(), name, place: key_place, item });
        }
        Item::new(Value::Map(fields), place)
    }

    fn template(&self, template: &Template, place: Option<Place>) -> Item {
        let pieces = template.iter().map(|element| match element {
            Element::Literal(text) => Item::text(text.value().as_str(), place.clone()),
            Element::Interpolation(inner) => {
                let item = self.item(&inner.expr);
                match item.value {
                    Value::Null | Value::List(_) | Value::Map(_) => {
                        Item::unknown("something other than a text stands in `${…}`", item.place)
                    }
                    _ => item,
                }
            }
            Element::Directive(_) => Item::unknown("template directives (`%{…}`) are not evaluated", place.clone()),
        });
        Item::joined(pieces.collect(), place.clone()).bounded()
    }

    fn variable(&self, name: &str, place: Option<Place>) -> Item {
        match self.bound.iter().rev().find(|(bound, _)| bound == name) {
            Some((_, item)) if self.scope.spend(item.size()) => Item { place, ..item.clone() },
            Some(_) => Item::unknown(TOO_FAR, place),
            None => Item::unknown(format!("`{name}` is not a value"), place),
        }
    }

    fn traversal(&self, traversal: &Traversal, place: Option<Place>) -> Item {
        let mut steps = Vec::new();
        for operator in &traversal.operators {
            match self.step(operator.value()) {
                Some(step) => steps.push(step),
                None => return Item::unknown("the index is not known, or a splat", place),
            }
        }
        let root = match &traversal.expr {
            Expression::Variable(name) => name.value().as_str(),
            other => return walk(self.item(other), &steps, place),
        };
        if self.bound.iter().any(|(bound, _)| bound == root) {
            return walk(self.variable(root, place.clone()), &steps, place);
        }
        let first = steps.first().map_or("", String::as_str);
        match root {
            "var" | "local" => {
                walk(self.scope.value(&format!("{root}.{first}"), place.clone()), rest(&steps, 1), place)
            }
            "path" => Item::text(".", place),
            "each" | "count" => Item::unknown(format!("`{root}.{first}` differs between the copies"), place),
            "module" => Item::unknown(format!("`module.{first}` is another module; only these files are read"), place),
            "terraform" | "self" => {
                Item::unknown(format!("`{root}.{first}` is known only while Terraform runs"), place)
            }
            "data" => {
                let second = steps.get(1).map_or("", String::as_str);
                reference(format!("data.{first}.{second}"), rest(&steps, 2), place)
            }
            _ => reference(format!("{root}.{first}"), rest(&steps, 1), place),
        }
    }

    fn step(&self, operator: &TraversalOperator) -> Option<String> {
        match operator {
            TraversalOperator::GetAttr(name) => Some(name.value().to_string()),
            TraversalOperator::Index(expr) => self.item(expr).as_text(),
            TraversalOperator::LegacyIndex(index) => Some(index.value().to_string()),
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => None,
        }
    }

    fn unary(&self, operation: &UnaryOp, place: Option<Place>) -> Item {
        let item = self.item(&operation.expr);
        match operation.operator.value() {
            UnaryOperator::Neg => item.as_number().map(|number| Item::number(-number, place.clone())),
            UnaryOperator::Not => item.as_flag().map(|flag| Item::new(Value::Bool(!flag), place.clone())),
        }
        .unwrap_or_else(|| Item::unknown(why(&item), place))
    }

    fn binary(&self, operation: &BinaryOp, place: Option<Place>) -> Item {
        let (left, right) = (self.item(&operation.lhs_expr), self.item(&operation.rhs_expr));
        let operator = *operation.operator.value();
        let number = |combine: fn(f64, f64) -> f64| {
            let (a, b) = (left.as_number()?, right.as_number()?);
            Some(Item::number(combine(a, b), place.clone()))
        };
        let flag = |flag: bool| Some(Item::new(Value::Bool(flag), place.clone()));
        let order = |holds: fn(&f64, &f64) -> bool| flag(holds(&left.as_number()?, &right.as_number()?));
        let same = || Some(left.to_json()? == right.to_json()?);
        let known = match operator {
            BinaryOperator::Plus => number(|a, b| a + b),
            BinaryOperator::Minus => number(|a, b| a - b),
            BinaryOperator::Mul => number(|a, b| a * b),
            BinaryOperator::Div => number(|a, b| a / b),
            BinaryOperator::Mod => number(|a, b| a % b),
            BinaryOperator::Less => order(f64::lt),
            BinaryOperator::LessEq => order(f64::le),
            BinaryOperator::Greater => order(f64::gt),
            BinaryOperator::GreaterEq => order(f64::ge),
            BinaryOperator::Eq => same().and_then(flag),
            BinaryOperator::NotEq => same().and_then(|same| flag(!same)),
            BinaryOperator::And => left.as_flag().zip(right.as_flag()).and_then(|(a, b)| flag(a && b)),
            BinaryOperator::Or => left.as_flag().zip(right.as_flag()).and_then(|(a, b)| flag(a || b)),
        };
        known.unwrap_or_else(|| {
            let open = if left.to_json().is_none() { &left } else { &right };
            Item::unknown(why(open), place)
        })
    }

    fn for_each(&self, each: &ForExpr, place: Option<Place>) -> Item {
        let collection = self.item(&each.intro.collection_expr);
        let pairs: Vec<(Item, Item)> = match &collection.value {
            Value::List(items) => {
                let numbered = items.iter().enumerate();
                numbered.map(|(index, item)| (Item::number(index as f64, None), item.clone())).collect()
            }
            Value::Map(fields) => {
                fields.0.iter().map(|field| (Item::text(field.name.as_str(), None), field.item.clone())).collect()
            }
            _ => return Item::unknown(format!("the collection is open: {}", why(&collection)), place),
        };
        if each.grouping {
            return Item::unknown("grouping (`...`) is not evaluated", place);
        }
        let around: usize = self.bound.iter().map(|(_, item)| item.size()).sum();
        let (mut items, mut fields) = (Vec::new(), Fields::default());
        for (key, value) in pairs {
            if !self.scope.spend(around + value.size()) {
                return Item::unknown(TOO_FAR, place);
            }
            let mut bound = self.bound.clone();
            bound.extend(each.intro.key_var.as_ref().map(|name| (name.value().to_string(), key)));
            bound.push((each.intro.value_var.value().to_string(), value));
            let inner = Evaluator { scope: self.scope, source: self.source, bound };
            let kept = each.cond.as_ref().map_or(Some(true), |condition| inner.item(&condition.expr).as_flag());
            match kept {
                Some(true) => {}
                Some(false) => continue,
                None => return Item::unknown("a condition of the `for` is open", place),
            }
            let value = inner.item(&each.value_expr);
            match &each.key_expr {
                None => items.push(value),
                Some(key) => match inner.item(key).as_text() {
                    Some(key) => fields.push(key, value),
                    None => return Item::unknown("a key of the `for` is open", place),
                },
            }
        }
        let value = if each.key_expr.is_some() { Value::Map(fields) } else { Value::List(items) };
        Item::new(value, place)
    }
}

/// A scope is only ever read through a shared reference, so a shorter one will do.
fn shortened<'s>(scope: &'s Scope<'_>) -> &'s Scope<'s> {
    scope
}

fn rest(steps: &[String], from: usize) -> &[String] {
    steps.get(from..).unwrap_or_default()
}

/// A reference to a resource; an index after it chooses one of several copies and is left out.
fn reference(address: String, steps: &[String], place: Option<Place>) -> Item {
    let names: Vec<&str> = steps.iter().map(String::as_str).filter(|step| step.parse::<u64>().is_err()).collect();
    Item::new(Value::Reference(Reference { address, attribute: names.join(".") }), place)
}

/// Follows attributes and indices into a known value.
fn walk(item: Item, steps: &[String], place: Option<Place>) -> Item {
    let mut at = item;
    for step in steps {
        let inner = match &at.value {
            Value::Map(fields) => fields.get(step).map(|field| field.item.clone()),
            Value::List(items) => step.parse::<usize>().ok().and_then(|index| items.get(index).cloned()),
            Value::Reference(known) => {
                let attribute =
                    if known.attribute.is_empty() { step.clone() } else { format!("{}.{step}", known.attribute) };
                let address = known.address.clone();
                Some(Item::new(Value::Reference(Reference { address, attribute }), None))
            }
            Value::Unknown(_) => return Item { place, ..at },
            _ => None,
        };
        match inner {
            Some(inner) => at = inner,
            None => return Item::unknown(format!("there is no `{step}` in it"), place),
        }
    }
    Item { place, ..at }
}

/// Why a value is not the kind of value that was needed.
pub(super) fn why(item: &Item) -> String {
    item.why_unknown().unwrap_or_else(|| match item.references().first() {
        Some(reference) => format!("`{}` is known only to AWS", dotted(reference)),
        None => "a value of another type stands there".to_owned(),
    })
}

fn dotted(reference: &Reference) -> String {
    if reference.attribute.is_empty() {
        reference.address.clone()
    } else {
        format!("{}.{}", reference.address, reference.attribute)
    }
}
