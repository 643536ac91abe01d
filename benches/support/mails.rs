//! Mails as clients write them, all different: plain, with HTML beside it, some with a file; five languages.
//!
//! What one bench leaves unused another one needs.
#![allow(dead_code)]

/// A mail of `number`: about 6 kB, or, one in ten, with a file of about 200 kB.
pub fn mail(number: u32, to: &str) -> Vec<u8> {
    let file = number.is_multiple_of(10).then_some(150_000);
    mail_from(&format!("client{number}@client{}.example", number % 300), number, to, file)
}

/// As [`mail`], from this address, and with a file of so many bytes.
pub fn mail_from(client: &str, number: u32, to: &str, file: Option<usize>) -> Vec<u8> {
    let words = LETTERS[number as usize % LETTERS.len()];
    let mut head = String::new();
    for hop in 0..4 {
        let at = format!("mx{hop}.client{}.example", number % 300);
        head += &format!("Received: from {at} ({at} [192.0.2.{}])\r\n", number % 250);
        head += &format!("\tby relay{hop}.desk.example with ESMTPS id 4bQx{number:08x}{hop}\r\n");
        head += "\tfor <help@desk.example>; Mon, 2 Mar 2026 09:12:07 +0200 (EET)\r\n";
    }
    head += &format!(
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=client{}.example; s=k1;\r\n",
        number % 300
    );
    head += &format!("\tb={}\r\n", "kHn7Tz0aVb".repeat(30));
    head += &format!("From: Ona Client{number} <{client}>\r\nTo: Help <{to}>\r\n");
    head += &format!("Message-ID: <{number}.{}@client.example>\r\nMIME-Version: 1.0\r\n", number * 7919);
    head += "Date: Mon, 2 Mar 2026 09:12:00 +0200\r\nUser-Agent: Mozilla Thunderbird\r\n";
    head += &format!("Subject: =?utf-8?B?{}?=\r\n", base64(format!("{} {number}", words.subject).as_bytes()));
    let text = text(words, number);
    if let Some(bytes) = file {
        let file = base64_lines(&picture(number, bytes));
        let text = body(&text);
        return format!(
            "{head}Content-Type: multipart/mixed; boundary=\"part{number}\"\r\n\r\n--part{number}\r\n{text}\r\n\
             --part{number}\r\nContent-Type: image/png; name=\"screen.png\"\r\nContent-Disposition: attachment;\r\n \
             filename=\"screen.png\"\r\nContent-Transfer-Encoding: base64\r\n\r\n{file}--part{number}--\r\n"
        )
        .into_bytes();
    }
    if number.is_multiple_of(2) {
        return format!("{head}{}\r\n", body(&text.repeat(2))).into_bytes();
    }
    let html: String = text.lines().map(|line| format!("<p style=\"margin:0\">{line}</p>\r\n")).collect();
    let plain = body(&text);
    format!(
        "{head}Content-Type: multipart/alternative; boundary=\"part{number}\"\r\n\r\n--part{number}\r\n{plain}\r\n\
         --part{number}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\
         <html><body>{html}</body></html>\r\n--part{number}--\r\n"
    )
    .into_bytes()
}

fn body(text: &str) -> String {
    format!("Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{text}")
}

fn text(words: Words, number: u32) -> String {
    let mut text = format!("{}\r\n\r\n", words.hello);
    for (line, sentence) in words.sentences.iter().cycle().take(12).enumerate() {
        text += &format!("{sentence} ({number}.{line})\r\n");
        if line % 4 == 3 {
            text += "\r\n";
        }
    }
    text + &format!(
        "\r\n{}\r\nOna Client{number}\r\nClient{} UAB\r\ntel. +370 600 {:05}\r\n",
        words.bye,
        number % 300,
        number
    )
}

/// Bytes that do not compress and are nowhere the same.
fn picture(number: u32, bytes: usize) -> Vec<u8> {
    let mut state = u64::from(number) * 2 + 1;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

fn base64(bytes: &[u8]) -> String {
    data_encoding::BASE64.encode(bytes)
}

fn base64_lines(bytes: &[u8]) -> String {
    bytes.chunks(57).map(|line| base64(line) + "\r\n").collect()
}

#[derive(Clone, Copy)]
struct Words {
    subject: &'static str,
    hello: &'static str,
    sentences: [&'static str; 3],
    bye: &'static str,
}

const LETTERS: [Words; 5] = [
    Words {
        subject: "The till does not work, number",
        hello: "Good morning,",
        sentences: [
            "The screen of the till is dark since this morning, and nobody can print an invoice any more.",
            "We switched it off and on again twice, and then a red lamp was on for about five minutes.",
            "Could somebody look at it before noon, since there are people waiting in the shop?",
        ],
        bye: "Kind regards,",
    },
    Words {
        subject: "Neveikia kasos aparatas, numeris",
        hello: "Laba diena,",
        sentences: [
            "Nuo pat ryto nebeveikia kasos aparato ekranas, todėl negalime atspausdinti nė vienos sąskaitos.",
            "Bandėme jį išjungti ir vėl įjungti du kartus, po to maždaug penkias minutes degė raudona lemputė.",
            "Gal galėtumėte atvykti iki pietų, nes parduotuvėje jau laukia žmonės?",
        ],
        bye: "Pagarbiai",
    },
    Words {
        subject: "Не работает касса, номер",
        hello: "Добрый день!",
        sentences: [
            "С самого утра не работает экран кассового аппарата, и мы не можем напечатать ни одного счёта.",
            "Мы два раза выключили его и снова включили, потом минут пять горела красная лампочка.",
            "Не мог бы кто-нибудь приехать до обеда, потому что в магазине уже ждут люди?",
        ],
        bye: "С уважением,",
    },
    Words {
        subject: "Nefunguje pokladna, číslo",
        hello: "Dobrý den,",
        sentences: [
            "Od rána nefunguje obrazovka pokladny, a proto nemůžeme vytisknout ani jednu fakturu.",
            "Dvakrát jsme ji vypnuli a znovu zapnuli, potom asi pět minut svítila červená kontrolka.",
            "Mohl by se na to někdo podívat do poledne, protože v prodejně už čekají lidé?",
        ],
        bye: "S pozdravem",
    },
    Words {
        subject: "Nestrādā kases aparāts, numurs",
        hello: "Labdien!",
        sentences: [
            "Kopš paša rīta nestrādā kases aparāta ekrāns, tāpēc nevaram izdrukāt nevienu rēķinu.",
            "Divas reizes to izslēdzām un atkal ieslēdzām, pēc tam apmēram piecas minūtes dega sarkana lampiņa.",
            "Vai kāds varētu atbraukt līdz pusdienām, jo veikalā jau gaida cilvēki?",
        ],
        bye: "Ar cieņu",
    },
];
