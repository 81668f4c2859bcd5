//! Arithmetic on u64 amounts with 128-bit products, on 32-bit limbs.

const LOW: u64 = 0xffff_ffff;

/// An unsigned 128-bit number. Ordered by value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wide {
    pub hi: u64,
    pub lo: u64,
}

impl Wide {
    /// a · b, exact.
    #[inline]
    pub fn product(a: u64, b: u64) -> Self {
        let (a1, a0, b1, b0) = (a >> 32, a & LOW, b >> 32, b & LOW);
        let low = a0.wrapping_mul(b0);
        let (cross_a, cross_b) = (a1.wrapping_mul(b0), a0.wrapping_mul(b1));
        let middle = (low >> 32) + (cross_a & LOW) + (cross_b & LOW);
        Self {
            hi: a1.wrapping_mul(b1).wrapping_add(cross_a >> 32).wrapping_add(cross_b >> 32).wrapping_add(middle >> 32),
            lo: middle << 32 | low & LOW,
        }
    }

    /// Sum modulo 2¹²⁸.
    #[inline]
    pub fn wrapping_add(self, other: Self) -> Self {
        let (lo, carry) = self.lo.overflowing_add(other.lo);
        Self { hi: self.hi.wrapping_add(other.hi).wrapping_add(carry as u64), lo }
    }

    /// Difference modulo 2¹²⁸.
    #[inline]
    pub fn wrapping_sub(self, other: Self) -> Self {
        let (lo, borrow) = self.lo.overflowing_sub(other.lo);
        Self { hi: self.hi.wrapping_sub(other.hi).wrapping_sub(borrow as u64), lo }
    }

    /// Quotient and remainder; `None` if the quotient does not fit 64 bits or the divisor is 0.
    pub fn div_rem(self, divisor: u64) -> Option<(u64, u64)> {
        if self.hi >= divisor {
            return None;
        }
        if self.hi == 0 {
            return Some((self.lo / divisor, self.lo % divisor));
        }
        // Two digits of 32 bits, after Knuth's algorithm D: with the divisor's top bit set, a digit guessed
        // from its upper half is at most two too large.
        let shift = divisor.leading_zeros();
        let d = divisor << shift;
        let hi = if shift == 0 { self.hi } else { self.hi << shift | self.lo >> (64 - shift) };
        let lo = self.lo << shift;
        let (first, rest) = digit(hi, lo >> 32, d);
        let (second, rest) = digit(rest, lo & LOW, d);
        Some((first << 32 | second, rest >> shift))
    }
}

/// One 32-bit digit of (rest · 2³² + next) / d and what remains; rest < d, top bit of d set.
#[inline]
fn digit(rest: u64, next: u64, d: u64) -> (u64, u64) {
    let (d1, d0) = (d >> 32, d & LOW);
    let mut guess = rest / d1;
    let mut left = rest - guess.wrapping_mul(d1);
    while guess > LOW || guess.wrapping_mul(d0) > (left << 32 | next) {
        guess -= 1;
        left += d1;
        if left > LOW {
            break;
        }
    }
    let remains = (rest << 32 | next).wrapping_sub(guess.wrapping_mul(d));
    (guess, remains)
}

/// a · b, if it fits.
#[inline]
pub fn mul(a: u64, b: u64) -> Option<u64> {
    let product = Wide::product(a, b);
    if product.hi == 0 { Some(product.lo) } else { None }
}

/// ⌊a · b / c⌋ over a 128-bit product.
pub fn mul_div(a: u64, b: u64, c: u64) -> Option<u64> {
    Wide::product(a, b).div_rem(c).map(|(quotient, _)| quotient)
}

/// ⌈a · b / c⌉ over a 128-bit product.
pub fn mul_div_up(a: u64, b: u64, c: u64) -> Option<u64> {
    match Wide::product(a, b).div_rem(c) {
        Some((quotient, 0)) => Some(quotient),
        Some((quotient, _)) => quotient.checked_add(1),
        None => None,
    }
}

/// ⌊√n⌋ of a 64-bit number.
pub fn sqrt(n: u64) -> u64 {
    let (mut rest, mut root, mut bit) = (n, 0, 1u64 << 62);
    while bit > rest {
        bit >>= 2;
    }
    while bit != 0 {
        if rest >= root + bit {
            rest -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
        bit >>= 2;
    }
    root
}

/// ⌊√(a · b)⌋.
pub fn sqrt_product(a: u64, b: u64) -> u64 {
    let n = Wide::product(a, b);
    if n.hi == 0 {
        return sqrt(n.lo);
    }
    // Zimmermann's square root with one level: the root of the upper half gives the root's upper half, one
    // division the lower, which is at most one too large. Needs one of the two top bits set.
    let shift = n.hi.leading_zeros() & !1;
    let (hi, lo) = if shift == 0 { (n.hi, n.lo) } else { (n.hi << shift | n.lo >> (64 - shift), n.lo << shift) };
    let upper = sqrt(hi);
    let rest = hi - upper.wrapping_mul(upper);
    let lower = ((rest << 31) + (lo >> 33)) / upper;
    let scaled = Wide { hi, lo };
    let mut root = (upper << 32).checked_add(lower).unwrap_or(u64::MAX);
    while Wide::product(root, root) > scaled {
        root -= 1;
    }
    root >> (shift / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::amounts;

    fn wide(n: u128) -> Wide {
        Wide { hi: (n >> 64) as u64, lo: n as u64 }
    }
    fn narrow(n: Wide) -> u128 {
        (n.hi as u128) << 64 | n.lo as u128
    }

    #[test]
    fn products_and_quotients_are_those_of_u128() {
        let mut next = amounts(1);
        for _ in 0..1_000_000 {
            let (a, b, c) = (next(), next(), next());
            let product = a as u128 * b as u128;
            assert_eq!(narrow(Wide::product(a, b)), product);
            let fits = |quotient: u128| u64::try_from(quotient).ok();
            let expected = if c == 0 { None } else { fits(product / c as u128) };
            assert_eq!(mul_div(a, b, c), expected, "{a} {b} {c}");
            let up = if c == 0 { None } else { fits(product.div_ceil(c as u128)) };
            assert_eq!(mul_div_up(a, b, c), up, "{a} {b} {c}");
            assert_eq!(mul(a, b), a.checked_mul(b));
        }
    }

    #[test]
    fn division_of_any_wide_number() {
        let mut next = amounts(2);
        for _ in 0..1_000_000 {
            let (hi, lo, d) = (next(), next(), next());
            let n = (hi as u128) << 64 | lo as u128;
            let expected = if d == 0 { None } else { u64::try_from(n / d as u128).ok().map(|q| (q, (n % d as u128) as u64)) };
            assert_eq!(wide(n).div_rem(d), expected, "{n} {d}");
        }
    }

    #[test]
    fn sums_wrap() {
        let mut next = amounts(3);
        for _ in 0..100_000 {
            let (a, b) = ((next() as u128) << 64 | next() as u128, (next() as u128) << 64 | next() as u128);
            assert_eq!(narrow(wide(a).wrapping_add(wide(b))), a.wrapping_add(b));
            assert_eq!(narrow(wide(a).wrapping_sub(wide(b))), a.wrapping_sub(b));
            assert_eq!(wide(a) < wide(b), a < b);
        }
    }

    #[test]
    fn roots_are_floors() {
        let mut next = amounts(4);
        for round in 0..500_000 {
            let (a, b) = (next(), if round % 3 == 0 { 0 } else { next() });
            // Every third product is a square or one beside it.
            let (a, b) = if round % 3 == 0 { (a, a.wrapping_sub(round % 2)) } else { (a, b) };
            let n = a as u128 * b as u128;
            let root = sqrt_product(a, b) as u128;
            assert!(root * root <= n, "{a} {b}");
            assert!((root + 1).checked_mul(root + 1).is_none_or(|above| above > n), "{a} {b}");
            assert_eq!(sqrt(a) as u128, sqrt_product(a, 1) as u128);
        }
        assert_eq!(sqrt(0), 0);
        assert_eq!(sqrt_product(u64::MAX, u64::MAX), u64::MAX);
    }
}
