//! LEB128: unsigned numbers, seven bits a byte, lowest first, the top bit on all but the last byte.

/// Reads one number at `at`: the number and where the next begins. `None` where the bytes end, the number does not
/// fit 64 bits, or it has needless bytes: a number has one spelling.
pub fn number(bytes: &[u8], at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    let mut shift = 0;
    let mut at = at;
    loop {
        let byte = *bytes.get(at)?;
        at += 1;
        let digit = u64::from(byte & 127);
        // The tenth byte has room for the top bit only.
        if shift == 63 && digit > 1 {
            return None;
        }
        value |= digit << shift;
        if byte < 128 {
            return if byte == 0 && shift > 0 { None } else { Some((value, at)) };
        }
        shift += 7;
        if shift > 63 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::number;
    use crate::testing::amounts;

    fn pack(mut value: u64) -> Vec<u8> {
        let mut out = Vec::new();
        while value > 127 {
            out.push((value & 127) as u8 | 128);
            value >>= 7;
        }
        out.push(value as u8);
        out
    }

    #[test]
    fn reads_what_was_packed() {
        let mut next = amounts(31);
        let mut bytes = Vec::new();
        let mut values = Vec::new();
        for _ in 0..100_000 {
            let value = next();
            values.push(value);
            bytes.extend(pack(value));
        }
        let mut at = 0;
        for value in values {
            let (got, after) = number(&bytes, at).unwrap();
            assert_eq!(got, value);
            at = after;
        }
        assert_eq!(at, bytes.len());
        assert_eq!(number(&bytes, at), None);
    }

    #[test]
    fn refuses_what_does_not_fit_or_is_spelt_twice() {
        let most = [255, 255, 255, 255, 255, 255, 255, 255, 255, 1];
        assert_eq!(number(&most, 0), Some((u64::MAX, 10)));
        assert_eq!(number(&[255, 255, 255, 255, 255, 255, 255, 255, 255, 2], 0), None);
        assert_eq!(number(&[255, 255, 255, 255, 255, 255, 255, 255, 255, 129, 0], 0), None);
        assert_eq!(number(&[128, 128, 128, 128, 128, 128, 128, 128, 128, 1], 0), Some((1 << 63, 10)));
        assert_eq!(number(&[128, 0], 0), None);
        assert_eq!(number(&[129, 0], 0), None);
        assert_eq!(number(&[0], 0), Some((0, 1)));
        assert_eq!(number(&[128], 0), None);
        assert_eq!(number(&[], 0), None);
        assert_eq!(number(&[5], 3), None);
    }
}
