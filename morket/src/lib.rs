//! The data-enrichment engine you embed: values with provenance, never paying twice.
