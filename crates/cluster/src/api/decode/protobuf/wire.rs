//! The wire format: numbered fields, each a number or bytes.

use super::Refusal;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wire<'a> {
    Number(u64),
    /// Text, bytes, a message, or numbers packed together.
    Bytes(&'a [u8]),
}

/// The fields of a message one after another.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next number of a packed list.
    pub(super) fn number(&mut self) -> Result<Option<u64>, Refusal> {
        if self.rest.is_empty() { Ok(None) } else { self.varint().map(Some) }
    }

    fn varint(&mut self) -> Result<u64, Refusal> {
        let mut number = 0;
        for (place, byte) in self.rest.iter().enumerate().take(10) {
            number |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                self.rest = &self.rest[place + 1..];
                return Ok(number);
            }
        }
        Err(Refusal::Damaged("a number does not end"))
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Refusal> {
        let split = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let (taken, rest) = split.ok_or(Refusal::Damaged("the body ends in the middle of a field"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn field(&mut self) -> Result<(u64, Wire<'a>), Refusal> {
        let key = self.varint()?;
        let little = |bytes: &[u8]| bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let wire = match key & 7 {
            0 => Wire::Number(self.varint()?),
            1 => Wire::Number(little(self.take(8)?)),
            2 => {
                let length = self.varint()?;
                Wire::Bytes(self.take(length)?)
            }
            5 => Wire::Number(little(self.take(4)?)),
            _ => return Err(Refusal::Damaged("a field has a form that is not used any more")),
        };
        Ok((key >> 3, wire))
    }
}

impl<'a> Iterator for Reader<'a> {
    type Item = Result<(u64, Wire<'a>), Refusal>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.rest = &[];
        }
        Some(field)
    }
}

/// Numbers are sent as the bits of a signed one.
pub(super) fn signed(number: u64) -> i64 {
    number.cast_signed()
}
