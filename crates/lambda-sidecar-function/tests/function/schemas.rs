//! The published schemas are those of the types.

use std::{env, fs, path::PathBuf};

use lambda_sidecar_function::schema;

#[test]
fn the_published_schemas_are_those_of_the_types() {
    for (name, schema) in [
        ("envelope.schema.json", schema::envelope()),
        ("verdict.schema.json", schema::verdict()),
    ] {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("schemas")
            .join(name);
        let generated = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if env::var("UPDATE_SCHEMAS").is_ok_and(|value| value == "1") {
            fs::write(&path, &generated).unwrap();
        }
        let published = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            generated == published,
            "schemas/{name} is not that of the types; UPDATE_SCHEMAS=1 writes it anew"
        );
    }
}
