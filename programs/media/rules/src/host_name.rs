//! Which texts are the name of a host (`docs/chain.md`, Domains).

/// A host name as browsers write it: labels of 1…63 small letters, digits and hyphens, none of these at an end; two labels or
/// more; the last one no number, which would make it an address.
pub fn is_host_name(text: &[u8]) -> bool {
    let mut labels = 0;
    let mut last_is_number = false;
    for label in text.split(|&byte| byte == b'.') {
        if !is_label(label) {
            return false;
        }
        labels += 1;
        last_is_number = is_number(label);
    }
    labels >= 2 && !last_is_number
}

fn is_label(label: &[u8]) -> bool {
    let edges = [label.first(), label.last()];
    label.len() <= 63
        && edges.iter().all(|edge| edge.is_some_and(|&byte| byte != b'-'))
        && label.iter().all(|&byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Decimal, or hexadecimal after `0x`.
fn is_number(label: &[u8]) -> bool {
    match label {
        [b'0', b'x', rest @ ..] => rest.iter().all(|&byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)),
        _ => label.iter().all(u8::is_ascii_digit),
    }
}

#[cfg(test)]
mod tests {
    use super::is_host_name;

    /// `aaa….example` with a first label of so many letters.
    fn long_label<const N: usize>(letters: usize) -> [u8; N] {
        let mut name = [b'a'; N];
        name[letters..].copy_from_slice(b".example");
        name
    }

    #[test]
    fn knows_hosts() {
        for name in ["shop.example", "a.b.c.d.example", "xn--bcher-kva.example", "3com.example", "1.0x7g", "a.0xg", "my-site.localhost"] {
            assert!(is_host_name(name.as_bytes()), "{name}");
        }
        assert!(is_host_name(&long_label::<71>(63)));
    }

    #[test]
    fn takes_nothing_else() {
        for name in [
            "", ".", "example", "localhost", "shop.example.", ".shop.example", "shop..example", "*.shop.example", "Shop.example", "shop.example:80", "http://shop.example",
            "127.0.0.1", "1.2", "shop.0x7f", "shop.0x", "shop.1", "_medianet.shop.example", "-shop.example", "shop-.example", "sh op.example", "shop.example\n",
        ] {
            assert!(!is_host_name(name.as_bytes()), "{name:?}");
        }
        assert!(!is_host_name(&long_label::<72>(64)));
        assert!(!is_host_name("b\u{fc}cher.example".as_bytes()));
        assert!(!is_host_name(b"shop.example\0"));
    }
}
