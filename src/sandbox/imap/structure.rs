//! ENVELOPE and BODYSTRUCTURE (RFC 3501, 7.4.2).
//!
//! Header text is shown as it stands in the mail, encoded words and all; what mail-parser decoded
//! (names, parameters) goes back into encoded words where it is not ASCII.

use data_encoding::BASE64;
use imap_codec::imap_types::body::{
    BasicFields, Body, BodyStructure, Disposition, Language, Location, MultiPartExtensionData,
    SinglePartExtensionData, SpecificFields,
};
use imap_codec::imap_types::core::{IString, NString, Vec1};
use imap_codec::imap_types::envelope::{Address, Envelope};
use mail_parser::{Addr, ContentType, HeaderName, HeaderValue};

use super::replies::nstring;
use super::sections::{Kind, Part, field};

/// Bytes of text in one encoded word, so that it stays below 75 characters (RFC 2047, 2).
const WORD_BYTES_MAX: usize = 42;

pub(super) fn envelope(mail: &Part<'_>) -> Envelope<'static> {
    let raw = |name: &str| field(mail.header, name).map_or(NString::NIL, |value| nstring(&value));
    let from = addresses(mail, &HeaderName::From);
    // Sender and Reply-To are From where they are missing.
    let or_from = |name: HeaderName<'static>| match addresses(mail, &name) {
        list if list.is_empty() => from.clone(),
        list => list,
    };
    Envelope {
        date: raw("Date"),
        subject: raw("Subject"),
        sender: or_from(HeaderName::Sender),
        reply_to: or_from(HeaderName::ReplyTo),
        to: addresses(mail, &HeaderName::To),
        cc: addresses(mail, &HeaderName::Cc),
        bcc: addresses(mail, &HeaderName::Bcc),
        in_reply_to: raw("In-Reply-To"),
        message_id: raw("Message-ID"),
        from,
    }
}

fn addresses(mail: &Part<'_>, name: &HeaderName<'_>) -> Vec<Address<'static>> {
    let values = mail.fields.iter().filter(|header| header.name == *name).map(|header| &header.value);
    let mut list = Vec::new();
    for value in values {
        match value {
            HeaderValue::Address(mail_parser::Address::List(people)) => {
                list.extend(people.iter().filter_map(person))
            }
            HeaderValue::Address(mail_parser::Address::Group(groups)) => {
                for group in groups {
                    // A group is opened by its name without a host and closed by nothing at all.
                    let opened = group.name.as_deref().map(words);
                    list.extend(opened.iter().map(|name| marker(nstring(name.as_bytes()))));
                    list.extend(group.addresses.iter().filter_map(person));
                    list.extend(opened.iter().map(|_| marker(NString::NIL)));
                }
            }
            _ => {}
        }
    }
    list
}

fn marker(mailbox: NString<'static>) -> Address<'static> {
    Address { name: NString::NIL, adl: NString::NIL, mailbox, host: NString::NIL }
}

fn person(addr: &Addr<'_>) -> Option<Address<'static>> {
    let address = addr.address()?;
    let (mailbox, host) = address.rsplit_once('@').unwrap_or((address, ""));
    Some(Address {
        name: addr.name().map_or(NString::NIL, |name| nstring(words(name).as_bytes())),
        adl: NString::NIL,
        mailbox: nstring(mailbox.as_bytes()),
        host: nstring(host.as_bytes()),
    })
}

/// BODYSTRUCTURE, or BODY without the extensions.
pub(super) fn body_structure(part: &Part<'_>, extended: bool) -> BodyStructure<'static> {
    let content_type = mime_field(part, &HeaderName::ContentType);
    if let Kind::Multipart(children) = &part.kind {
        let bodies: Vec<_> = children.iter().map(|child| body_structure(child, extended)).collect();
        if let Ok(bodies) = Vec1::try_from(bodies) {
            let subtype = content_type.and_then(ContentType::subtype).unwrap_or("mixed");
            let extension_data = extended.then(|| MultiPartExtensionData {
                parameter_list: parameters(content_type),
                tail: Some(disposition(part)),
            });
            return BodyStructure::Multi {
                bodies,
                subtype: istring(&subtype.to_ascii_lowercase()),
                extension_data,
            };
        }
    }
    let raw = |name: &str| field(part.header, name).map_or(NString::NIL, |value| nstring(&value));
    let encoding = field(part.header, "Content-Transfer-Encoding").filter(|encoding| !encoding.is_empty());
    let encoding =
        encoding.map_or_else(|| "7bit".to_owned(), |value| String::from_utf8_lossy(&value).to_lowercase());
    let (kind, subtype) = media_type(part, content_type);
    let mut parameter_list = parameters(content_type);
    if parameter_list.is_empty() && kind == "text" {
        parameter_list.push((istring("charset"), istring("us-ascii")));
    }
    let basic = BasicFields {
        parameter_list,
        id: raw("Content-ID"),
        description: raw("Content-Description"),
        content_transfer_encoding: istring(&encoding),
        size: u32::try_from(part.body.len()).unwrap_or(u32::MAX),
    };
    let lines = part.body.iter().filter(|&&byte| byte == b'\n').count();
    let number_of_lines = u32::try_from(lines).unwrap_or(u32::MAX);
    let specific = match &part.kind {
        Kind::Message(inside) => SpecificFields::Message {
            envelope: Box::new(envelope(inside)),
            body_structure: Box::new(body_structure(inside, extended)),
            number_of_lines,
        },
        _ if kind == "text" => SpecificFields::Text { subtype: istring(&subtype), number_of_lines },
        _ => SpecificFields::Basic { r#type: istring(&kind), subtype: istring(&subtype) },
    };
    let extension_data =
        extended.then(|| SinglePartExtensionData { md5: raw("Content-MD5"), tail: Some(disposition(part)) });
    BodyStructure::Single { body: Body { basic, specific }, extension_data }
}

/// Type and subtype as a client may rely on: `message/rfc822` and `multipart` only with their parts.
fn media_type(part: &Part<'_>, content_type: Option<&ContentType<'_>>) -> (String, String) {
    let Some(content_type) = content_type else {
        return ("text".to_owned(), "plain".to_owned());
    };
    let kind = content_type.ctype().to_ascii_lowercase();
    let subtype = content_type.subtype().unwrap_or_default().to_ascii_lowercase();
    match (kind.as_str(), &part.kind) {
        ("text", _) if subtype.is_empty() => (kind, "plain".to_owned()),
        // A multipart without parts, or a mail inside that is encoded, is only bytes.
        ("multipart", Kind::Leaf) => ("text".to_owned(), "plain".to_owned()),
        ("message", Kind::Leaf) if subtype == "rfc822" => {
            ("application".to_owned(), "octet-stream".to_owned())
        }
        _ if kind.is_empty() || subtype.is_empty() => ("application".to_owned(), "octet-stream".to_owned()),
        _ => (kind, subtype),
    }
}

fn disposition(part: &Part<'_>) -> Disposition<'static> {
    let value = mime_field(part, &HeaderName::ContentDisposition);
    let tokens = |name: &str| -> Vec<IString<'static>> {
        let value = field(part.header, name).unwrap_or_default();
        let text = String::from_utf8_lossy(&value).into_owned();
        text.split(',').map(str::trim).filter(|token| !token.is_empty()).map(istring).collect()
    };
    let location = field(part.header, "Content-Location").map_or(NString::NIL, |value| nstring(&value));
    let location = Location { location, extensions: Vec::new() };
    Disposition {
        disposition: value
            .map(|value| (istring(&value.ctype().to_ascii_lowercase()), parameters(Some(value)))),
        tail: Some(Language { language: tokens("Content-Language"), tail: Some(location) }),
    }
}

fn mime_field<'p>(part: &'p Part<'_>, name: &HeaderName<'_>) -> Option<&'p ContentType<'p>> {
    part.fields.iter().rfind(|header| header.name == *name)?.value.as_content_type()
}

fn parameters(content_type: Option<&ContentType<'_>>) -> Vec<(IString<'static>, IString<'static>)> {
    let attributes = content_type.and_then(ContentType::attributes).unwrap_or_default();
    attributes.iter().map(|own| (istring(&own.name), istring(&words(&own.value)))).collect()
}

fn istring(text: &str) -> IString<'static> {
    nstring(text.as_bytes()).0.expect("nstring never gives NIL")
}

/// Text as it may stand in a header: ASCII as it is, everything else as encoded words (RFC 2047).
fn words(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut encoded = Vec::new();
    let mut word = String::new();
    for letter in text.chars() {
        if word.len() + letter.len_utf8() > WORD_BYTES_MAX {
            encoded.push(std::mem::take(&mut word));
        }
        word.push(letter);
    }
    encoded.push(word);
    let encoded: Vec<String> =
        encoded.iter().map(|word| format!("=?UTF-8?B?{}?=", BASE64.encode(word.as_bytes()))).collect();
    encoded.join(" ")
}

#[cfg(test)]
mod tests {
    use imap_codec::ResponseCodec;
    use imap_codec::encode::Encoder;
    use imap_codec::imap_types::fetch::MessageDataItem;
    use imap_codec::imap_types::response::{Data, Response};

    use super::*;

    fn shown(item: MessageDataItem<'_>) -> String {
        let data = Data::Fetch { seq: std::num::NonZeroU32::MIN, items: Vec1::from(item) };
        String::from_utf8(ResponseCodec::default().encode(&Response::Data(data)).dump()).unwrap()
    }

    #[test]
    fn an_envelope_shows_names_and_subject_as_headers_write_them() {
        let mail = "From: =?utf-8?q?J=C4=81nis?= <janis@client.example>\r\nTo: Desk: support@desk.example;\r\n\
            Subject: =?utf-8?q?Pal=C4=ABdz=C4=ABbu?=\r\n\r\n";
        let text = shown(MessageDataItem::Envelope(envelope(&Part::read(mail.as_bytes()))));
        assert_eq!(
            text,
            "* 1 FETCH (ENVELOPE (NIL \"=?utf-8?q?Pal=C4=ABdz=C4=ABbu?=\" \
             ((\"=?UTF-8?B?SsSBbmlz?=\" NIL \"janis\" \"client.example\")) \
             ((\"=?UTF-8?B?SsSBbmlz?=\" NIL \"janis\" \"client.example\")) \
             ((\"=?UTF-8?B?SsSBbmlz?=\" NIL \"janis\" \"client.example\")) \
             ((NIL NIL \"Desk\" NIL)(NIL NIL \"support\" \"desk.example\")(NIL NIL NIL NIL)) NIL NIL NIL NIL))\r\n"
        );
    }

    #[test]
    fn a_body_structure_shows_parts_sizes_and_names() {
        let mail = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\
            one\r\ntwo\r\n--b\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\
            Content-Disposition: attachment; filename=\"a.pdf\"\r\n\r\nAAAA\r\n--b--\r\n";
        let text = shown(MessageDataItem::BodyStructure(body_structure(&Part::read(mail.as_bytes()), true)));
        assert_eq!(
            text,
            "* 1 FETCH (BODYSTRUCTURE ((\"TEXT\" \"plain\" (\"charset\" \"utf-8\") NIL NIL \"7bit\" 8 1 NIL NIL NIL NIL)\
             (\"application\" \"pdf\" NIL NIL NIL \"base64\" 4 NIL (\"attachment\" (\"filename\" \"a.pdf\")) NIL NIL) \
             \"mixed\" (\"boundary\" \"b\") NIL NIL NIL))\r\n"
        );
    }
}
