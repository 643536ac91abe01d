//! What people write after their first mail, in the language of it.

/// Sentences of one language.
pub struct Words {
    pub more: &'static str,
    pub thanks: &'static str,
    pub again: &'static str,
    pub away: &'static str,
    pub wrote: &'static str,
}

/// In the order of languages of the requests (`benches/support/mails.rs`).
pub const WORDS: [Words; 5] = [
    Words {
        more: "Here is the number on the back of the till, as you may need it: the sticker says",
        thanks: "Thank you very much!",
        again: "It worked for an hour, and now the screen is dark again. The counter stands at",
        away: "I am out of the office until Monday and will read your mail then.",
        wrote: "wrote:",
    },
    Words {
        more: "Papildau: ant kasos aparato nugarėlės yra lipdukas, jame užrašytas numeris",
        thanks: "Labai ačiū!",
        again: "Valandą veikė, o dabar ekranas vėl užgeso. Skaitiklis rodo",
        away: "Šiuo metu atostogauju, grįšiu pirmadienį ir tada perskaitysiu jūsų laišką.",
        wrote: "rašė:",
    },
    Words {
        more: "Дополняю: на задней стенке кассы есть наклейка, на ней написан номер",
        thanks: "Большое спасибо!",
        again: "Час работало, а теперь экран опять тёмный. Счётчик показывает",
        away: "Меня нет в офисе до понедельника, я прочту ваше письмо, когда вернусь.",
        wrote: "пишет:",
    },
    Words {
        more: "Doplňuji: na zadní straně pokladny je nálepka, na které stojí číslo",
        thanks: "Mockrát děkuji!",
        again: "Hodinu to fungovalo a teď je obrazovka zase tmavá. Počítadlo ukazuje",
        away: "Do pondělí nejsem v kanceláři, váš e-mail si přečtu po návratu.",
        wrote: "napsal:",
    },
    Words {
        more: "Papildinu: kases aparāta aizmugurē ir uzlīme, uz tās rakstīts numurs",
        thanks: "Liels paldies!",
        again: "Stundu strādāja, un tagad ekrāns atkal ir tumšs. Skaitītājs rāda",
        away: "Līdz pirmdienai neesmu birojā, jūsu vēstuli izlasīšu pēc atgriešanās.",
        wrote: "rakstīja:",
    },
];

/// What an agent answers.
pub const ANSWER: &str =
    "Please turn the till off for a minute and hold the left button while it starts. The lamp blinks";
/// With what he resolves.
pub const SOLVED: &str = "A colleague has changed the cable of the screen, it works now. The new one bears";
/// Stands in each note.
pub const NOTED: &str = "She called again";
