//! Kinds of values that a setting can have.

use std::str::FromStr;

/// A text; empty means not set.
pub type Text = String;

/// TCP ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports(Vec<u16>);

impl Ports {
    /// All but those, and the ones that were left out.
    pub(crate) fn without(&self, taken: &[u16]) -> (Vec<u16>, Vec<u16>) {
        self.0.iter().partition(|port| !taken.contains(port))
    }
}

impl FromStr for Ports {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ports = text.split(',').map(str::trim).filter(|port| !port.is_empty());
        // Port 0 stands for none.
        ports
            .map(|port| port.parse::<std::num::NonZeroU16>().map(Into::into))
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// A text that is never shown.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// The text, for the one who needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.0.is_empty() { "Secret(none)" } else { "Secret(…)" })
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_could_connect_to_the_platform_when_it_listened_on_a_usual_port() {
        let ports: Ports = "80, 443,5432".parse().unwrap();
        assert_eq!(ports.without(&[443, 3001]), (vec![80, 5432], vec![443]));
        assert_eq!("".parse::<Ports>().unwrap().without(&[]), (vec![], vec![]));
        assert!("0".parse::<Ports>().is_err() && "http".parse::<Ports>().is_err());
    }
}
