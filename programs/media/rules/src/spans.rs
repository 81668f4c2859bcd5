//! Hours in which a resource is active (`docs/chain.md`, Resources).

pub const SPANS: usize = 8;
/// End of a span that is still open.
pub const OPEN: u64 = u64::MAX;

/// Active in hour h when `from` ≤ h < `until`; an empty place when `from` ≥ `until`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: u64,
    pub until: u64,
}

impl Span {
    fn is_empty(&self) -> bool {
        self.from >= self.until
    }
}

/// The place where a span can begin in `hour`: an empty one, or one of whose hours none can be decided any more, which is
/// `keep` hours after its end. `None` if there is none.
pub fn free(spans: &[Span; SPANS], hour: u64, keep: u64) -> Option<usize> {
    spans.iter().position(|span| span.is_empty() || span.until.saturating_add(keep) < hour)
}

/// The span that is still open.
pub fn open(spans: &[Span; SPANS]) -> Option<usize> {
    spans.iter().position(|span| !span.is_empty() && span.until == OPEN)
}

/// Whether no hour of any span can be decided any more.
pub fn settled(spans: &[Span; SPANS], hour: u64, keep: u64) -> bool {
    spans.iter().all(|span| span.is_empty() || span.until.saturating_add(keep) < hour)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: [Span; SPANS] = [Span { from: 0, until: 0 }; SPANS];

    fn with(entries: &[(u64, u64)]) -> [Span; SPANS] {
        let mut spans = NONE;
        for (span, &(from, until)) in spans.iter_mut().zip(entries) {
            *span = Span { from, until };
        }
        spans
    }

    #[test]
    fn a_place_is_free_when_its_hours_are_past() {
        assert_eq!(free(&NONE, 0, 10), Some(0));
        assert_eq!(free(&with(&[(1, OPEN)]), 100, 10), Some(1));
        let full = with(&[(1, 5), (6, 9), (10, 12), (13, 20), (20, 21), (30, 31), (40, 41), (50, OPEN)]);
        assert_eq!(free(&full, 15, 10), None);
        assert_eq!(free(&full, 16, 10), Some(0));
        assert_eq!(free(&with(&[(9, 20), (8, 7), (4, 4)]), 0, 10), Some(1));
        assert_eq!(free(&[Span { from: 3, until: OPEN }; SPANS], u64::MAX, 10), None);
    }

    #[test]
    fn the_open_one_is_found() {
        assert_eq!(open(&NONE), None);
        assert_eq!(open(&with(&[(1, 5), (7, OPEN)])), Some(1));
        assert_eq!(open(&with(&[(OPEN, OPEN)])), None);
    }

    #[test]
    fn settled_when_all_are_past() {
        assert!(settled(&NONE, 0, 10));
        assert!(!settled(&with(&[(1, 5)]), 15, 10));
        assert!(settled(&with(&[(1, 5)]), 16, 10));
        assert!(!settled(&with(&[(1, 5), (6, 9)]), 19, 10));
        assert!(settled(&with(&[(1, 5), (6, 9)]), 20, 10));
        assert!(settled(&with(&[(30, 30)]), 0, 10));
        assert!(!settled(&with(&[(1, OPEN)]), u64::MAX, 10));
    }
}
