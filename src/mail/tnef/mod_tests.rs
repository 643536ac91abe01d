use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn attribute(level: u8, id: u32, data: &[u8]) -> Vec<u8> {
    let sum = data.iter().fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
    let mut out = vec![level];
    out.extend(id.to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
    out.extend(data);
    out.extend(sum.to_le_bytes());
    out
}

fn tnef(attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = SIGNATURE.to_le_bytes().to_vec();
    out.extend([1, 0]);
    out.extend(attributes.concat());
    out
}

/// One property of a variable length.
fn property(kind: u16, id: u16, value: &[u8]) -> Vec<u8> {
    let mut out = [kind.to_le_bytes(), id.to_le_bytes()].concat();
    out.extend(1u32.to_le_bytes());
    out.extend((value.len() as u32).to_le_bytes());
    out.extend(value);
    out.resize(out.len().next_multiple_of(4), 0);
    out
}

fn number(id: u16, value: u32) -> Vec<u8> {
    [3u16.to_le_bytes().to_vec(), id.to_le_bytes().to_vec(), value.to_le_bytes().to_vec()].concat()
}

fn properties(list: &[Vec<u8>]) -> Vec<u8> {
    [(list.len() as u32).to_le_bytes().to_vec(), list.concat()].concat()
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect()
}

fn file(title: &[u8], data: &[u8], known: &[Vec<u8>]) -> Vec<u8> {
    let mut out = attribute(2, 0x0006_9002, &[1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    out.extend(attribute(2, 0x0001_8010, title));
    out.extend(attribute(2, 0x0006_800f, data));
    out.extend(attribute(2, 0x0006_9005, &properties(known)));
    out
}

fn code_page(number: u32) -> Vec<u8> {
    attribute(1, 0x0006_9007, &[number.to_le_bytes(), 0u32.to_le_bytes()].concat())
}

fn body(text: &[u8]) -> Vec<u8> {
    attribute(1, 0x0002_800c, text)
}

#[test]
fn text_and_files_are_taken_out_with_their_long_names() {
    let hidden = [property(0x1f, 0x3707, &wide("logo.png")), number(0x7ffe, 1)];
    let whole = tnef(&[
        code_page(1257),
        body(b"La\xe2a diena, siun\xe8iu.\0"),
        file(b"SSKAIT~1.PDF\0", b"%PDF", &[property(0x1f, 0x3707, &wide("Sąskaita už kovą.pdf"))]),
        file(b"s\xe0skaita.txt\0", b"x", &[property(0x1e, 0x370e, b"text/plain\0")]),
        file(b"", b"png", &hidden),
    ]);
    let opened = open(&whole).expect("it is one");
    assert!(opened.is_whole);
    assert_eq!(opened.text, "Laāa diena, siunčiu.");
    let files: Vec<_> =
        opened.files.iter().map(|f| (f.name.as_str(), f.bytes.as_ref(), f.is_hidden)).collect();
    let expected: [(&str, &[u8], bool); 3] =
        [("Sąskaita už kovą.pdf", b"%PDF", false), ("sąskaita.txt", b"x", false), ("logo.png", b"png", true)];
    assert_eq!(files, expected);
    assert_eq!(opened.files[1].content_type, "text/plain");
}

#[test]
fn the_text_is_found_in_each_of_its_forms() {
    let packed = |text: &[u8]| {
        let size = (text.len() as u32).to_le_bytes();
        [&size[..], &size, &0x414c_454du32.to_le_bytes(), &[0; 4], text].concat()
    };
    let rtf = packed(b"{\\rtf1\\ansi\\ansicpg1257 Kasa neveikia.\\par A\\'e8i\\'fb}");
    let html = b"<html><meta charset=windows-1257><p>A\xe8i\xfb, <b>Ona</b></p></html>";
    for (known, text) in [
        (property(0x1f, 0x1000, &wide("Ačiū")), "Ačiū"),
        (property(0x1e, 0x1000, b"plain\0"), "plain"),
        (property(0x102, 0x1013, html), "Ačiū, Ona"),
        (property(0x1e, 0x1013, b"<p>one</p><p>two</p>"), "one\n\ntwo"),
        (property(0x102, 0x1009, &rtf), "Kasa neveikia.\nAčiū"),
        (property(0x102, 0x1009, b"short"), ""),
    ] {
        let whole = tnef(&[attribute(1, 0x0006_9003, &properties(&[known]))]);
        assert_eq!(open(&whole).expect("it is one").text.trim(), text);
    }
}

#[test]
fn a_message_within_is_a_text_with_its_files() {
    let inner = tnef(&[
        attribute(1, 0x0001_8004, b"Old request\0"),
        body(b"It is broken.\0"),
        file(b"photo.jpg\0", b"jpg", &[]),
    ]);
    let object = [&[0u8; 16][..], &inner].concat();
    let whole = tnef(&[file(b"Untitled\0", b"", &[property(0x0d, 0x3701, &object)])]);
    let opened = open(&whole).expect("it is one");
    let files: Vec<_> = opened.files.iter().map(|f| (f.name.as_str(), f.bytes.as_ref())).collect();
    let expected: [(&str, &[u8]); 2] = [("Old request.txt", b"It is broken."), ("photo.jpg", b"jpg")];
    assert_eq!(files, expected);
}

#[test]
fn properties_with_names_and_with_several_values_are_passed_over() {
    let mut by_name = [3u16.to_le_bytes(), 0x8005u16.to_le_bytes()].concat();
    by_name.extend([7; 16]);
    by_name.extend(1u32.to_le_bytes());
    by_name.extend(6u32.to_le_bytes());
    by_name.extend(b"a\0b\0\0\0\0\0");
    by_name.extend(9u32.to_le_bytes());
    let mut several = [0x101eu16.to_le_bytes(), 0x3a00u16.to_le_bytes()].concat();
    several.extend(2u32.to_le_bytes());
    several.extend([&[3, 0, 0, 0][..], b"ab\0\0", &[1, 0, 0, 0], b"\0\0\0\0"].concat());
    let list = properties(&[by_name, several, property(0x1e, 0x1000, b"text\0")]);
    assert_eq!(open(&tnef(&[attribute(1, 0x0006_9003, &list)])).expect("it is one").text, "text");
}

#[test]
fn of_a_damaged_one_what_is_whole_comes_out() {
    let whole =
        tnef(&[body(b"text\0"), file(b"a.txt\0", b"whole", &[]), file(b"b.txt\0", &[b'b'; 500], &[])]);
    assert!(open(&whole).expect("it is one").is_whole);
    let cut = open(&whole[..whole.len() - 100]).expect("it is one");
    assert!(!cut.is_whole);
    assert_eq!((cut.text.as_str(), cut.files[0].bytes.as_ref()), ("text", b"whole".as_slice()));
    assert_eq!(open(b"PK\x03\x04 no such thing"), None);
    assert_eq!(open(b""), None);
    let with_garbage = [&whole[..], b"\r\n"].concat();
    assert!(open(&with_garbage).expect("it is one").is_whole);
}

#[test]
fn bombs_are_read_up_to_a_limit_and_in_no_time() {
    let many = tnef(&vec![file(b"a", b"b", &[]); 5_000]);
    let started = Instant::now();
    let opened = open(&many).expect("it is one");
    assert_eq!((opened.files.len(), opened.is_whole), (FILES_MAX, false));
    let mut nested = tnef(&[body(b"core\0")]);
    for _ in 0..50 {
        let object = [&[0u8; 16][..], &nested].concat();
        nested = tnef(&[file(b"x\0", b"", &[property(0x0d, 0x3701, &object)])]);
    }
    assert!(open(&nested).expect("it is one").files.len() <= DEPTH_MAX + 1);
    // Each reference of two bytes gives seventeen.
    let mut packed = [[0xff; 4], [0xff; 4], 0x7546_5a4cu32.to_le_bytes(), [0; 4]].concat();
    packed.extend([0xff].iter().chain([0x00, 0x0f].iter().cycle().take(16)).cycle().take(2 << 20));
    let list = properties(&[property(0x102, 0x1009, &packed)]);
    assert!(
        open(&tnef(&[attribute(1, 0x0006_9003, &list)])).expect("it is one").text.len() <= TEXT_BYTES_MAX
    );
    let counted = [&u32::MAX.to_le_bytes()[..], &[0x02, 0x10, 0x00, 0x10], &u32::MAX.to_le_bytes()].concat();
    assert_eq!(open(&tnef(&[attribute(1, 0x0006_9003, &counted)])).expect("it is one").text, "");
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
}

#[test]
fn rich_text_is_unpacked_as_its_specification_shows() {
    for (packed, text) in [
        (
            "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0",
            "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n",
        ),
        ("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0", "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"),
    ] {
        let packed = data_encoding::HEXLOWER.decode(packed.as_bytes()).expect("figures");
        assert_eq!(rtf::unpacked(&packed, 1_000).as_deref(), Some(text.as_bytes()));
        assert_eq!(rtf::unpacked(&packed, 5).as_deref(), Some(&text.as_bytes()[..5]));
    }
}

#[test]
fn rich_text_loses_its_form_and_keeps_its_letters() {
    for (rtf, text) in [
        ("{\\rtf1 one\\par two\\line three\\tab four}", "one\ntwo\nthree\tfour"),
        ("{\\rtf1{\\fonttbl{\\f0 Arial;}}{\\colortbl;\\red0;}{\\*\\generator x;}text}", "text"),
        (
            "{\\rtf1\\ansicpg1252{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset204 B;}}\\f0 a\\f1 \\'e4\\'e0\\f0 b}",
            "aдаb",
        ),
        ("{\\rtf1\\uc1 \\u353?\\u-10179?\\u-8704?.}", "š😀."),
        ("{\\rtf1\\uc2 \\u363\\'3f\\'3fx}", "ūx"),
        ("{\\rtf1 a\\{b\\}\\\\c\\~d}", "a{b}\\c d"),
        ("{\\rtf1\r\n one\r\n two}", " one two"),
        ("{\\rtf1{\\pict\\bin3 }}}}text}", "text"),
        ("{\\rtf1{\\*\\htmltag64 <p>}\\htmlrtf {\\htmlrtf0 Labas\\htmlrtf\\par}\\htmlrtf0}", "Labas\n"),
        ("}}}\\", ""),
        ("\\'z", "z"),
    ] {
        assert_eq!(rtf::text(rtf.as_bytes()), text, "{rtf}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_opening_fail(bytes in prop::collection::vec(any::<u8>(), 0..400), at in 0usize..300, value: u8) {
        let _ = open(&[&SIGNATURE.to_le_bytes()[..], &bytes].concat());
        let _ = rtf::text(&bytes);
        let mut packed = [[0xff; 4], [0xff; 4], 0x7546_5a4cu32.to_le_bytes(), [0; 4]].concat();
        packed.extend(&bytes);
        let _ = rtf::unpacked(&packed, 10_000);
        let known = [property(0x1f, 0x3707, &wide("long name.pdf")), property(0x0d, 0x3701, &bytes)];
        let mut changed = tnef(&[code_page(1257), body(b"text\0"), file(b"a.txt\0", b"x", &known)]);
        let place = at % changed.len();
        changed[place] = value;
        let _ = open(&changed);
    }
}
