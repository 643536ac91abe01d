//! The words by which mail programs mark what they quote, forward and sign, language by language.
//!
//! To add a language, add an entry to [`LANGUAGES`]: everything in lower case, labels without the colon.
//! Sources are the programs themselves (Outlook, Gmail, Thunderbird, Apple Mail, Mail.ru, Yandex, Seznam).

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use crate::domain::fold::is_letter;

/// What one language's mail programs write.
pub struct Language {
    pub code: &'static str,
    /// Labels of a header block: sender, time, recipients, subject.
    pub from: &'static [&'static str],
    pub sent: &'static [&'static str],
    pub to: &'static [&'static str],
    pub subject: &'static [&'static str],
    /// Words in the line that introduces a quotation: "Ona wrote:".
    pub wrote: &'static [&'static str],
    /// Between dashes, above a quoted mail.
    pub original: &'static [&'static str],
    /// Between dashes or alone on a line, above a forwarded mail.
    pub forwarded: &'static [&'static str],
    /// How a line starts that a telephone or scanner adds below.
    pub sent_from: &'static [&'static str],
    /// Polite closings typed above a name.
    pub closings: &'static [&'static str],
}

pub const LANGUAGES: &[Language] = &[
    Language {
        code: "en",
        from: &["from"],
        sent: &["sent", "date", "sent on"],
        to: &["to", "cc", "bcc", "reply-to", "reply to"],
        subject: &["subject", "attachments", "importance"],
        wrote: &["wrote", "writes", "said"],
        original: &[
            "original message",
            "original e-mail",
            "original email",
            "reply message",
            "original appointment",
        ],
        forwarded: &["forwarded message", "begin forwarded message", "forwarded by", "forwarded mail"],
        sent_from: &[
            "sent from",
            "sent via",
            "sent by",
            "get outlook for",
            "sent with",
            "virus-free",
            "scanned by",
            "from my iphone",
        ],
        closings: &[
            "best regards",
            "kind regards",
            "regards",
            "best",
            "sincerely",
            "thanks",
            "thank you",
            "cheers",
            "yours",
            "with best regards",
            "best wishes",
        ],
    },
    Language {
        code: "lt",
        from: &["nuo", "siuntėjas", "siunčia"],
        sent: &["išsiųsta", "data", "siųsta", "išsiuntimo data"],
        to: &["kam", "kopija", "gavėjas", "adresatas"],
        subject: &["tema", "priedai"],
        wrote: &["rašė", "parašė", "rašo"],
        original: &[
            "originalus laiškas",
            "pradinis laiškas",
            "pirminis laiškas",
            "originali žinutė",
            "pirminis pranešimas",
            "pradinis pranešimas",
        ],
        forwarded: &[
            "persiųstas laiškas",
            "persiųsta žinutė",
            "persiųstas pranešimas",
            "pradžia persiųsto laiško",
            "peradresuotas laiškas",
            "persiunčiamas laiškas",
        ],
        sent_from: &[
            "išsiųsta iš",
            "siųsta iš",
            "išsiųsta naudojant",
            "atsisiųskite „outlook",
            "gaukite „outlook",
        ],
        closings: &["pagarbiai", "su pagarba", "geros dienos", "ačiū", "dėkoju", "linkėjimai", "sėkmės"],
    },
    Language {
        code: "lv",
        from: &["no", "sūtītājs"],
        sent: &["nosūtīts", "datums", "sūtīts", "nosūtīšanas datums"],
        to: &["kam", "kopija", "adresāts", "saņēmējs"],
        subject: &["tēma", "temats", "pielikumi", "temats/tēma"],
        wrote: &["rakstīja", "raksta", "uzrakstīja"],
        original: &[
            "sākotnējais ziņojums",
            "oriģinālais ziņojums",
            "sākotnējā vēstule",
            "oriģinālā vēstule",
            "sākotnējā ziņa",
        ],
        forwarded: &[
            "pārsūtīts ziņojums",
            "pārsūtītā vēstule",
            "pārsūtīta vēstule",
            "pārsūtītais ziņojums",
            "pārsūtītā ziņa",
            "pārsūtīta ziņa",
        ],
        sent_from: &[
            "nosūtīts no",
            "sūtīts no",
            "nosūtīts, izmantojot",
            "iegūstiet outlook",
            "lejupielādēt outlook",
        ],
        closings: &["ar cieņu", "cieņā", "paldies", "ar labiem novēlējumiem", "jauku dienu", "sveicieni"],
    },
    Language {
        code: "ru",
        from: &["от", "от кого", "отправитель"],
        sent: &["отправлено", "дата", "отправлен", "послано"],
        to: &["кому", "копия", "получатель"],
        subject: &["тема", "вложения"],
        wrote: &[
            "написал",
            "написала",
            "написал(а)",
            "написал(a)",
            "пишет",
            "писал",
            "писала",
            "писал(а)",
            "сообщил",
            "сообщает",
        ],
        original: &[
            "исходное сообщение",
            "исходное письмо",
            "оригинальное сообщение",
            "первоначальное сообщение",
        ],
        forwarded: &[
            "пересылаемое сообщение",
            "пересланное сообщение",
            "начало переадресованного сообщения",
            "начало пересланного сообщения",
            "пересылаемое письмо",
            "завершение пересылаемого сообщения",
            "пересланное письмо",
            "перенаправленное сообщение",
        ],
        sent_from: &[
            "отправлено с",
            "отправлено из",
            "послано с",
            "скачать outlook",
            "скачайте outlook",
            "без вирусов",
            "отправлено через",
            "отправлено от",
        ],
        closings: &[
            "с уважением",
            "с наилучшими пожеланиями",
            "спасибо",
            "с почтением",
            "всего доброго",
            "благодарю",
        ],
    },
    Language {
        code: "cs",
        from: &["od", "odesílatel"],
        sent: &["odesláno", "datum", "posláno"],
        to: &["komu", "kopie", "adresát", "příjemce"],
        subject: &["předmět", "přílohy"],
        wrote: &["napsal", "napsala", "napsal(a)", "napsal/a", "napsali", "píše", "psal"],
        original: &["původní e-mail", "původní zpráva", "původní email"],
        forwarded: &[
            "přeposlaná zpráva",
            "předaná zpráva",
            "přeposlaný e-mail",
            "začátek přeposílané zprávy",
            "začátek přeposlané zprávy",
            "přeposlaný email",
        ],
        sent_from: &[
            "odesláno z",
            "odesláno ze",
            "posláno z",
            "získejte outlook",
            "získat outlook",
            "bez virů",
            "neobsahuje žádné viry",
        ],
        closings: &[
            "s pozdravem",
            "s úctou",
            "děkuji",
            "díky",
            "hezký den",
            "pěkný den",
            "zdraví",
            "srdečně",
        ],
    },
    Language {
        code: "sk",
        from: &["od"],
        sent: &["odoslané", "dátum"],
        to: &["komu", "kópia"],
        subject: &["predmet"],
        wrote: &["napísal", "napísala", "napísal(a)", "píše"],
        original: &["pôvodná správa", "pôvodný e-mail"],
        forwarded: &["preposlaná správa"],
        sent_from: &["odoslané z", "poslané z"],
        closings: &["s pozdravom", "ďakujem"],
    },
    Language {
        code: "de",
        from: &["von"],
        sent: &["gesendet", "datum", "gesendet am"],
        to: &["an", "kopie", "antwort an"],
        subject: &["betreff", "anlagen"],
        wrote: &["schrieb", "schreibt", "geschrieben"],
        original: &[
            "ursprüngliche nachricht",
            "originalnachricht",
            "original-nachricht",
            "original nachricht",
            "ursprüngliche mail",
            "originalmail",
            "originale nachricht",
            "urspr. nachricht",
            "originale e-mail",
        ],
        forwarded: &[
            "weitergeleitete nachricht",
            "anfang der weitergeleiteten nachricht",
            "weitergeleitete e-mail",
            "anfang der weitergeleiteten e-mail",
        ],
        sent_from: &[
            "gesendet von",
            "von meinem",
            "gesendet mit",
            "diese nachricht wurde von",
            "holen sie sich outlook",
            "virenfrei",
            "outlook für",
        ],
        closings: &[
            "mit freundlichen grüßen",
            "freundliche grüße",
            "viele grüße",
            "beste grüße",
            "grüße",
            "gruß",
            "mfg",
            "danke",
            "vielen dank",
        ],
    },
    Language {
        code: "pl",
        from: &["od"],
        sent: &["wysłano", "data", "wysłane"],
        to: &["do", "dw", "kopia"],
        subject: &["temat"],
        wrote: &["napisał", "napisała", "napisał(a)", "napisał/a", "pisze", "napisano"],
        original: &[
            "oryginalna wiadomość",
            "wiadomość oryginalna",
            "wiadomość oryginalna",
            "pierwotna wiadomość",
        ],
        forwarded: &[
            "wiadomość przekazana dalej",
            "przekazana wiadomość",
            "początek przekazywanej wiadomości",
            "treść przekazanej wiadomości",
            "wiadomość przekazana",
        ],
        sent_from: &[
            "wysłane z",
            "wysłano z",
            "pobierz outlook",
            "pobierz program outlook",
            "wolny od wirusów",
            "wysłane za pomocą",
        ],
        closings: &["pozdrawiam", "z poważaniem", "dziękuję", "z wyrazami szacunku", "pozdrowienia"],
    },
    Language {
        code: "fr",
        from: &["de"],
        sent: &["envoyé", "date", "envoyé le"],
        to: &["à", "a", "destinataire"],
        subject: &["objet", "sujet"],
        wrote: &["écrit", "écrivait", "ecrit"],
        original: &["message d'origine", "message original", "message d’origine", "mail original"],
        forwarded: &[
            "message transféré",
            "début du message réexpédié",
            "début du message transféré",
            "message transmis",
        ],
        sent_from: &[
            "envoyé de",
            "envoyé depuis",
            "envoyé à partir",
            "télécharger outlook",
            "obtenir outlook",
            "obtenez outlook",
        ],
        closings: &["cordialement", "merci", "bien à vous"],
    },
    Language {
        code: "es, pt, it",
        from: &["de", "da", "von", "mittente"],
        sent: &["enviado", "enviado el", "enviada em", "fecha", "data", "inviato", "enviado em", "risposta"],
        to: &["para", "a", "cc"],
        subject: &["asunto", "assunto", "oggetto"],
        wrote: &["escribió", "escribio", "escreveu", "ha scritto", "scrive", "scritto"],
        original: &["mensaje original", "mensagem original", "messaggio originale"],
        forwarded: &[
            "mensaje reenviado",
            "mensagem encaminhada",
            "mensagem reencaminhada",
            "messaggio inoltrato",
            "inizio messaggio inoltrato",
        ],
        sent_from: &[
            "enviado desde",
            "enviado do",
            "enviado a partir",
            "inviato da",
            "inviato con",
            "obtener outlook",
            "scarica outlook",
            "enviado de",
        ],
        closings: &["saludos", "atenciosamente", "cordiali saluti", "grazie", "gracias", "obrigado"],
    },
    Language {
        code: "nl, da, sv, no",
        from: &["van", "fra", "från"],
        sent: &["verzonden", "sendt", "skickat", "dato", "verstuurd"],
        to: &["aan", "til", "till", "kopi"],
        subject: &["onderwerp", "emne", "ämne"],
        wrote: &["schreef", "geschreven", "skrev", "skriver"],
        original: &[
            "oorspronkelijk bericht",
            "oprindelig meddelelse",
            "ursprungligt meddelande",
            "originalmeddelande",
            "opprinnelig melding",
            "original meddelelse",
            "origineel bericht",
            "oorspronkelijk e-mailbericht",
        ],
        forwarded: &[
            "doorgestuurd bericht",
            "videresendt meddelelse",
            "vidarebefordrat meddelande",
            "videresendt melding",
        ],
        sent_from: &[
            "verzonden vanaf",
            "verstuurd vanaf",
            "verzonden met",
            "sendt fra",
            "skickat från",
            "hämta outlook",
            "hent outlook",
        ],
        closings: &[
            "met vriendelijke groet",
            "groet",
            "med venlig hilsen",
            "med vänlig hälsning",
            "mvh",
            "hilsen",
        ],
    },
    Language {
        code: "fi, et, hu",
        from: &["lähettäjä", "saatja", "feladó"],
        sent: &["lähetetty", "päivämäärä", "saadetud", "kuupäev", "küldve", "elküldve", "dátum"],
        to: &["vastaanottaja", "saaja", "címzett"],
        subject: &["aihe", "teema", "tárgy"],
        wrote: &["kirjoitti", "kirjutas", "írta", "ezt írta"],
        original: &["alkuperäinen viesti", "algne kiri", "algne sõnum", "eredeti üzenet"],
        forwarded: &[
            "välitetty viesti",
            "edastatud kiri",
            "edastatud sõnum",
            "továbbított üzenet",
            "továbbított levél",
        ],
        sent_from: &["lähetetty", "saadetud minu", "elküldve", "hanki outlook"],
        closings: &["terveisin", "lugupidamisega", "üdvözlettel"],
    },
    Language {
        code: "uk, be, tr",
        from: &["від", "від кого", "ад", "kimden", "gönderen"],
        sent: &["надіслано", "адпраўлена", "gönderildi", "tarih"],
        to: &["кому", "копія", "kime", "bilgi"],
        subject: &["тема", "тэма", "konu"],
        wrote: &["пише", "написав", "написала", "піша", "напісаў", "yazdı", "şunu yazdı"],
        original: &["вихідне повідомлення", "оригінальне повідомлення", "orijinal mesaj"],
        forwarded: &[
            "переслане повідомлення",
            "повідомлення, що пересилається",
            "yönlendirilmiş ileti",
            "iletilen mesaj",
        ],
        sent_from: &["надіслано з", "відправлено з", "адпраўлена з", "iphone'umdan gönderildi"],
        closings: &["з повагою", "дякую", "saygılarımla"],
    },
    Language {
        code: "zh, ja, ko, vi",
        from: &["发件人", "寄件者", "差出人", "보낸 사람", "từ"],
        sent: &["发送时间", "日期", "寄件日期", "送信日時", "日付", "보낸 날짜", "đã gửi"],
        to: &["收件人", "收件者", "宛先", "抄送", "받는 사람", "đến"],
        subject: &["主题", "主旨", "件名", "제목", "chủ đề"],
        wrote: &["写道", "寫道", "のメッセージ", "작성", "đã viết", "viết"],
        original: &["原始邮件", "原始郵件", "元のメッセージ", "원본 메시지"],
        forwarded: &["转发的邮件", "転送されたメッセージ", "전달된 메시지"],
        sent_from: &["发自我的", "从我的", "發自我的", "iphoneから送信", "나의 iphone에서 보냄", "đã gửi từ"],
        closings: &[],
    },
];

/// What a label in a header block names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Label {
    From,
    Sent,
    To,
    Subject,
}

static LABELS: LazyLock<HashMap<&'static str, Vec<Label>>> = LazyLock::new(|| {
    let mut labels: HashMap<&'static str, Vec<Label>> = HashMap::new();
    for language in LANGUAGES {
        for (label, words) in [
            (Label::From, language.from),
            (Label::Sent, language.sent),
            (Label::To, language.to),
            (Label::Subject, language.subject),
        ] {
            for word in words {
                labels.entry(word).or_default().push(label);
            }
        }
    }
    labels
});

/// What this word labels; a word may label different things in different languages.
pub fn labels(word: &str) -> &'static [Label] {
    LABELS.get(word).map_or(&[], Vec::as_slice)
}

static WROTE: LazyLock<HashSet<&'static str, FixedState>> =
    LazyLock::new(|| LANGUAGES.iter().flat_map(|l| l.wrote).copied().collect());

/// Whether a lower-case line holds, as a whole word, one of the words for "wrote". Languages that write
/// without blanks are searched for it anywhere.
pub fn says_wrote(lower: &str) -> bool {
    let is_wide = |c: char| c >= '\u{3000}';
    lower.split(|c: char| !is_letter(c)).any(|word| WROTE.contains(word))
        || lower.contains(is_wide) && WROTE.iter().any(|word| word.contains(is_wide) && lower.contains(word))
}

/// Whether a lower-case line names, between its dashes, a quoted mail.
pub fn says_original(lower: &str) -> bool {
    LANGUAGES.iter().flat_map(|l| l.original).any(|phrase| lower.contains(phrase))
}

/// Whether a lower-case line names a forwarded mail.
pub fn says_forwarded(lower: &str) -> bool {
    LANGUAGES.iter().flat_map(|l| l.forwarded).any(|phrase| lower.contains(phrase))
}

/// Whether a lower-case line starts with a phrase that names a forwarded mail.
pub fn starts_forwarded(lower: &str) -> bool {
    LANGUAGES.iter().flat_map(|l| l.forwarded).any(|phrase| lower.starts_with(phrase))
}

/// Whether a lower-case line starts as telephones sign. A comma behind it makes it a sentence of a person.
pub fn says_sent_from(lower: &str) -> bool {
    LANGUAGES
        .iter()
        .flat_map(|l| l.sent_from)
        .any(|phrase| lower.strip_prefix(phrase).is_some_and(|rest| !rest.contains(", ")))
}

/// Whether a lower-case line, without punctuation at its end, is a polite closing.
pub fn is_closing(lower: &str) -> bool {
    let bare = lower.trim_end_matches([',', '.', '!', ' ']);
    LANGUAGES.iter().flat_map(|l| l.closings).any(|phrase| *phrase == bare)
}
