//! Numbers for the tests.

/// Numbers of every magnitude, with long runs of ones and zeros, and all the edges.
pub fn amounts(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed;
    move || {
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state ^ state >> 29).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ state >> 31
        };
        let (value, how) = (next(), next());
        let cut = value >> (how % 64);
        match (how >> 8) % 8 {
            0 => (1u64 << (how % 64)).wrapping_sub(how >> 60),
            1 => !0 << (how % 64),
            2 => (!0 >> (how % 64)) - (how >> 63),
            3 => how % 4,
            _ => cut,
        }
    }
}
