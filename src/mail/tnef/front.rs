//! Bytes taken from the front, never beyond the end.

/// What is left.
#[derive(Clone, Copy)]
pub struct Front<'x>(pub &'x [u8]);

impl<'x> Front<'x> {
    /// The next bytes; `None`, and nothing taken, where there are fewer.
    pub fn take(&mut self, count: usize) -> Option<&'x [u8]> {
        let (taken, left) = self.0.split_at_checked(count)?;
        self.0 = left;
        Some(taken)
    }

    /// Two bytes, little-endian.
    pub fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    /// Four bytes, little-endian.
    pub fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// So many bytes, and those that fill the last four.
    pub fn padded(&mut self, count: u32) -> Option<&'x [u8]> {
        let count = usize::try_from(count).ok()?;
        let taken = self.take(count)?;
        // The last value of a list may lack its filling.
        let filling = (count.next_multiple_of(4) - count).min(self.0.len());
        self.take(filling)?;
        Some(taken)
    }
}
