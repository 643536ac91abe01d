use crate::domain::language::Lang;
use crate::words::{Catalogue, WordLists};

const NAMES: &[&str] =
    &["Jurgita Šimkienė", "Tomas Kalnas", "Dace Vītola", "UAB „Baltoji pieva“", "Петр Иванов", "Petr Novák"];

#[test]
fn thanks_do_not_reopen() {
    let detector = Catalogue::embedded()
        .detector(&[Lang::LT, Lang::LV, Lang::RU, Lang::CS, Lang::EN], &WordLists::new());
    for text in [
        "Ačiū!",
        "aciu",
        "Labai ačiū, viskas veikia :)",
        "Ačiū už greitą pagalbą",
        "Ačiū, Tomai!",
        "Laba diena,\n\ndėkoju.\n\nPagarbiai\nJurgita Šimkienė",
        "Dėkui, jau veikia. Geros dienos!",
        "Paldies, viss strādā",
        "Aizgāja! Paldies.",
        "Liels paldies par palīdzību!\n\nAr cieņu\nDace Vītola",
        "Labdien! Paldies, tagad strādā.",
        "Спасибо",
        "Спасибо, всё работает!",
        "спасибо большое за помощь",
        "Здравствуйте! Благодарю за оперативность.\nС уважением,\nПетр",
        "Děkuji",
        "Díky moc, už vše funguje.",
        "Dobrý den, děkuji za rychlou pomoc. S pozdravem\nNovák",
        "Thanks!",
        "Thank you very much for your quick help",
        "Great, it works now. Kind regards,\nAlice Smith",
        "Perfect, thanks 👍",
        "Danke!",
        "Guten Tag, vielen Dank für die schnelle Hilfe. Mit freundlichen Grüßen",
        "Dziękuję!",
        "Dzień dobry, dziękuję za szybką pomoc, wszystko działa. Pozdrawiam",
    ] {
        assert!(detector.thanks_only(text, NAMES).is_some(), "thanks: {text}");
    }
}

#[test]
fn what_asks_for_more_is_no_mail_of_thanks() {
    let detector = Catalogue::embedded()
        .detector(&[Lang::LT, Lang::LV, Lang::RU, Lang::CS, Lang::EN], &WordLists::new());
    for text in [
        "Danke, aber es geht nicht",
        "Dziękuję, ale nie działa",
        "Ačiū, bet vis dar neveikia",
        "Ačiū, neveikia",
        "Ačiū!\nNeveikia",
        "Ačiū, persiųskite sąskaitą Rimai",
        "Ačiū. Kada atvyksite?",
        "Ačiū, o kitas klausimas",
        "Ačiū\nPagarbiai\nJurgita\nvis dar neveikia",
        "Paldies, bet nestrādā",
        "Paldies, tomēr kase neiet",
        "Paldies, vēl viens jautājums",
        "Спасибо, но не работает",
        "Спасибо, опять пять минут",
        "Спасибо! Нужно ещё 2 лицензии",
        "Не работает, спасибо",
        "Děkuji, ale nefunguje",
        "Díky, ještě jedna věc",
        "Děkuji, zavolejte mi na 600 000 421",
        "Thanks, one more thing",
        "Thanks, but no",
        "Thanks, it does not work",
        "Thank you in advance for fixing the printer",
        "great great great great great great great great great great great great great",
        "Viskas",
        "Laba diena, Jurgita",
        "",
    ] {
        assert_eq!(detector.thanks_only(text, NAMES), None, "a request: {text}");
    }
}
