//! CounterFact (Meng et al., NeurIPS 2022, arXiv 2202.05262, §3.3 and Figure 21), and its file with portability (Yao et al., EMNLP 2023).

use super::node::{Fields, Node};
use super::{OwnAnswer, Request, easyedit};
use crate::error::StudyError;
use std::collections::BTreeSet;

/// Of a record.
pub(super) const READ: &[&str] =
    &["case_id", "requested_rewrite", "paraphrase_prompts", "neighborhood_prompts", "portability"];

pub(super) fn request(record: &Fields<'_>, unread: &mut BTreeSet<String>) -> Result<Request, StudyError> {
    let rewrite = record.need("requested_rewrite")?.fields()?;
    rewrite.note_unread(&["relation_id", "subject", "prompt", "target_new", "target_true"], unread);
    let mut object = |name: &str| {
        let object = rewrite.need(name)?.fields()?;
        object.note_unread(&["str"], unread);
        object.need("str")?.text()
    };
    let [old, new] = [object("target_true")?, object("target_new")?];
    let relation = rewrite.get("relation_id").map(Node::text).transpose()?.unwrap_or_default();
    let neighbours = record.get("neighborhood_prompts").map_or_else(|| Ok(Vec::new()), Node::each)?;
    Ok(Request {
        relation,
        subject: rewrite.need("subject")?.text()?,
        prompt: rewrite.need("prompt")?.text()?,
        new,
        paraphrases: record.texts("paraphrase_prompts")?,
        neighbours: neighbours.iter().map(|node| neighbour(node, &old, unread)).collect::<Result<_, _>>()?,
        portability: easyedit::by_kind(record.get("portability"), unread)?,
        old: Some(old),
        ..Request::default()
    })
}

/// A prompt, of which the old object is true; or one with its own.
fn neighbour(node: &Node<'_>, old: &str, unread: &mut BTreeSet<String>) -> Result<OwnAnswer, StudyError> {
    if let Ok(prompt) = node.text() {
        return Ok(OwnAnswer { prompt, answers: vec![old.to_owned()] });
    }
    let fields = node.fields()?;
    fields.note_unread(&["prompt", "target"], unread);
    Ok(OwnAnswer { prompt: fields.need("prompt")?.text()?, answers: vec![fields.need("target")?.text()?] })
}
