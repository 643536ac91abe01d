//! Responses on their way out.

use imap_codec::ResponseCodec;
use imap_codec::encode::Encoder;
use imap_codec::imap_types::core::{NString, Tag, Text};
use imap_codec::imap_types::flag::{Flag, FlagFetch};
use imap_codec::imap_types::response::{
    Bye, Code, CodeOther, CommandContinuationRequest, Data, Response, Status, StatusBody, StatusKind, Tagged,
};

use crate::sandbox::mailbox::Flags;

/// How a command ended.
pub(super) struct Outcome {
    kind: StatusKind,
    code: Option<Code<'static>>,
    text: &'static str,
}

impl Outcome {
    pub fn ok(text: &'static str) -> Outcome {
        Outcome { kind: StatusKind::Ok, code: None, text }
    }

    pub fn no(text: &'static str) -> Outcome {
        Outcome { kind: StatusKind::No, code: None, text }
    }

    pub fn bad(text: &'static str) -> Outcome {
        Outcome { kind: StatusKind::Bad, code: None, text }
    }

    pub fn with(self, code: Code<'static>) -> Outcome {
        Outcome { code: Some(code), ..self }
    }

    /// With a response code that imap-types has no variant for (RFC 5530).
    pub fn with_word(self, word: &'static str) -> Outcome {
        self.with(Code::Other(CodeOther::unvalidated(word.as_bytes())))
    }
}

/// What is to be written.
#[derive(Default)]
pub(super) struct Replies {
    bytes: Vec<u8>,
}

impl Replies {
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    fn push(&mut self, response: &Response<'_>) {
        self.bytes.append(&mut ResponseCodec::default().encode(response).dump());
    }

    pub fn data(&mut self, data: Data<'_>) {
        self.push(&Response::Data(data));
    }

    /// An untagged OK with a code.
    pub fn note(&mut self, code: Code<'_>, text: &'static str) {
        let body = StatusBody { kind: StatusKind::Ok, code: Some(code), text: text_of(text) };
        self.push(&Response::Status(Status::Untagged(body)));
    }

    /// The tagged end of a command; without a tag (an unreadable line) it is untagged.
    pub fn done(&mut self, tag: Option<Tag<'_>>, outcome: Outcome) {
        let body = StatusBody { kind: outcome.kind, code: outcome.code, text: text_of(outcome.text) };
        self.push(&Response::Status(match tag {
            Some(tag) => Status::Tagged(Tagged { tag, body }),
            None => Status::Untagged(body),
        }));
    }

    pub fn bye(&mut self, text: &'static str) {
        self.push(&Response::Status(Status::Bye(Bye { code: None, text: text_of(text) })));
    }

    /// "+", to say that the client may go on.
    pub fn go_on(&mut self, text: &'static str) {
        let request = CommandContinuationRequest::basic(None, text).expect("a fixed text that is no base64");
        self.push(&Response::CommandContinuationRequest(request));
    }

    /// "+" with an empty SASL challenge.
    pub fn challenge(&mut self) {
        self.push(&Response::CommandContinuationRequest(CommandContinuationRequest::base64(&b""[..])));
    }
}

fn text_of(text: &'static str) -> Text<'static> {
    Text::try_from(text).expect("texts are fixed, not empty and ASCII")
}

/// A string in a response, quoted if it can be, else a literal; NIL never stands for a value.
/// A literal cannot hold NUL (RFC 3501, 9); like other servers we show 0x80 instead.
pub(super) fn nstring(bytes: &[u8]) -> NString<'static> {
    let clean: Vec<u8> = bytes.iter().map(|&byte| if byte == 0 { 0x80 } else { byte }).collect();
    NString::try_from(clean).expect("without NUL every string can be a literal")
}

/// Flags as FETCH shows them.
pub(super) fn fetched_flags(flags: &Flags, recent: bool) -> Vec<FlagFetch<'_>> {
    let known = flags.iter().filter_map(|flag| Flag::try_from(flag).ok().map(FlagFetch::Flag));
    known.chain(recent.then_some(FlagFetch::Recent)).collect()
}
