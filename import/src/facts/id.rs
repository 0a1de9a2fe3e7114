//! Ids of facts that have none: the same for the same fact, whoever computes it and whenever.

use sha1_smol::Sha1;

/// RFC 9562's namespace of URLs, 6ba7b811-9dad-11d1-80b4-00c04fd430c8.
const URL: [u8; 16] = [0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8];

/// The id of a fact by its relation and what tells it from others in it: subject and object, by their
/// language-independent ids where the data set has them, else by their labels.
///
/// It is a UUID of version 5 (RFC 9562, §5.5): in Python,
/// `uuid.uuid5(uuid.NAMESPACE_URL, "kndb:fact:" + "\0".join([relation, subject, object]))`.
pub fn fact_id(relation: &str, parts: &[&str]) -> String {
    let mut sha = Sha1::new();
    sha.update(&URL);
    sha.update(b"kndb:fact:");
    sha.update(relation.as_bytes());
    for part in parts {
        sha.update(b"\0");
        sha.update(part.as_bytes());
    }
    let mut id = [0; 16];
    id.copy_from_slice(&sha.digest().bytes()[..16]);
    id[6] = (id[6] & 0x0f) | 0x50;
    id[8] = (id[8] & 0x3f) | 0x80;
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::fact_id;

    #[test]
    fn ids_are_those_of_pythons_uuid5() {
        // uuid.uuid5(uuid.NAMESPACE_URL, "kndb:fact:P36\0Q142\0Q90") and so on, Python 3.
        assert_eq!(fact_id("P36", &["Q142", "Q90"]), "ce07415a-7e00-5b00-abb5-bf1fe1e43d93");
        assert_eq!(fact_id("P36", &["法国", "巴黎"]), "705c3057-eb47-5d0c-a602-2be857e0d7e1");
        assert_eq!(fact_id("capital", &["12"]), "e0e44480-eb87-55b5-aff7-8860d506eb47");
    }
}
