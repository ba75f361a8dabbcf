//! Where a bracket is missing: the parser of TOML notices only at what stands behind it, a line or a page further down.

use toml_parser::Source;
use toml_parser::lexer::{Token, TokenKind};

/// A bracket that is still open at the end of a line, though neither a comma nor another bracket follows.
pub(super) struct Unclosed {
    /// The end of that line, where the bracket is missing, as a byte offset.
    pub(super) at: usize,
    /// Where it was opened.
    pub(super) open: usize,
    kind: TokenKind,
}

impl Unclosed {
    /// What is wrong, and what would be right. Both lines are counted from 1.
    pub(super) fn told(&self, open_line: usize, line: usize) -> (String, String) {
        let (open, close) = match self.kind {
            TokenKind::LeftCurlyBracket => ('{', '}'),
            _ => ('[', ']'),
        };
        if open_line == line {
            (
                format!("the `{open}` of this line is not closed"),
                format!("write the `{close}` that is missing"),
            )
        } else {
            (
                format!("the `{open}` of line {open_line} is open here, and no comma follows"),
                format!("write `,` where more belongs to it, `{close}` where it ends"),
            )
        }
    }
}

/// The bracket that is not closed, where that is what the parser stumbled over at this byte offset.
pub(super) fn unclosed(text: &str, stumbled_at: usize) -> Option<Unclosed> {
    let mut open: Vec<Token> = Vec::new();
    let mut last: Option<Token> = None;
    let mut ended: Option<Unclosed> = None;
    let mut in_value = false;
    for token in Source::new(text).lex() {
        let at = token.span().start();
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment => continue,
            TokenKind::Newline => {
                let complete = last.filter(|last| is_complete(text, *last));
                if let (Some(bracket), Some(last), None) = (open.last(), complete, &ended) {
                    let (at, open) = (last.span().end(), bracket.span().start());
                    ended = Some(Unclosed { at, open, kind: bracket.kind() });
                }
                in_value &= !open.is_empty();
                continue;
            }
            TokenKind::Comma | TokenKind::RightCurlyBracket | TokenKind::RightSquareBracket => ended = None,
            _ => {}
        }
        if at >= stumbled_at || ended.is_some() {
            return ended.filter(|ended| ended.at <= stumbled_at && stumbled_at <= token.span().end());
        }
        match token.kind() {
            TokenKind::Equals => in_value = true,
            // Outside of a value, brackets are those of a header.
            TokenKind::LeftCurlyBracket | TokenKind::LeftSquareBracket if in_value => open.push(token),
            TokenKind::RightCurlyBracket | TokenKind::RightSquareBracket if in_value => drop(open.pop()),
            _ => {}
        }
        last = Some(token);
    }
    None
}

/// Whether a value may end with this. A text that is not closed is another slip.
fn is_complete(text: &str, token: Token) -> bool {
    let written = text.get(token.span().start()..token.span().end()).unwrap_or_default();
    match token.kind() {
        TokenKind::BasicString => written.len() > 1 && written.ends_with('"'),
        TokenKind::LiteralString => written.len() > 1 && written.ends_with('\''),
        TokenKind::RightSquareBracket
        | TokenKind::RightCurlyBracket
        | TokenKind::MlLiteralString
        | TokenKind::MlBasicString
        | TokenKind::Atom => true,
        TokenKind::Dot
        | TokenKind::Equals
        | TokenKind::Comma
        | TokenKind::LeftSquareBracket
        | TokenKind::LeftCurlyBracket
        | TokenKind::Whitespace
        | TokenKind::Comment
        | TokenKind::Newline
        | TokenKind::Eof => false,
    }
}
