//! The cable between us and an honest server breaks at every place there is, in either direction, with FIN, with RST, and in
//! silence. Each mail becomes one ticket; each letter arrives, and twice only where nobody could know that it had.
//!
//! Which fault is told where (imap-servers: the survey of IMAP servers, sections 2 to 4; A: part A of the robustness rules;
//! session: `imap_lies` and `smtp_lies`, one connection; story: `intake`, `outbox`, the daemon's tasks):
//!
//! | fault | by | session | story |
//! |---|---|---|---|
//! | FIN, RST or BYE between two FETCH answers, within a literal, at any command | 4 | `fetching`, `farewells` | `a_connection_closed_between_two_mails_…`, here |
//! | silence within a literal, at a tagged line, at any step of a login, of TLS | 4, 3.2, 3.5 | `fetching`, `farewells` | here: `silence_…` |
//! | tagged NO or BAD to SEARCH, FETCH, SELECT, NOOP, STORE, MOVE | 4 | `fetching`, `filing` | `a_folder_that_refuses_a_move_…` |
//! | no SEARCH line; the last UID named again | 2, A2 | `fetching` | `the_last_mail_below_the_cursor_is_not_new` |
//! | unknown untagged lines, garbage, literals of another kind | 4, A44 | `what_cannot_be_read_ends_the_session_…` | `a_mail_that_ends_every_session_…` |
//! | UIDVALIDITY missing, zero, too long; changed; the same and UIDs from 1 | 2, A4, A5 | `fetching` | `a_mailbox_made_anew_…`, `numbers_that_went_back_…`, `a_folder_made_anew_under_an_open_session_…` |
//! | no UIDNEXT | 2, 3.11 | `opening_a_folder_…` | `a_server_that_tells_no_uidnext_…` |
//! | a mail that vanished: NIL, empty, nothing, invented | 2, A7 | `fetching` | `a_mail_that_vanished_…` |
//! | IDLE that tells late, not at all, refuses, ends, goes silent | 2, 3.5, 3.6, A52 | `waiting` | `a_server_that_tells_nothing_while_it_idles_…`, here: `silence_…` |
//! | keywords not kept; OK to what did nothing | 2, A8 | `filing` | `what_is_safe_is_moved_…` |
//! | no MOVE, no UIDPLUS, over quota, folder gone | 2, A11, A55 | `filing` | `a_folder_that_refuses_a_move_…`, `a_folder_that_is_gone_…` |
//! | capabilities late, LOGINDISABLED after login, no SASL-IR, mechanisms that hang | 2, 3.1, 3.2 | `connecting` | |
//! | authenticated but not connected | 3.7 | `a_user_who_is_in_but_not_connected_…` | `a_user_who_is_in_but_not_connected_yet_…` |
//! | one byte in a segment; EXISTS twice | 4 | `a_slow_mail_…` | here: `crumbs_…` |
//! | certificates of others, for others, out of date; STARTTLS stripped, bytes behind it | 3.3, E11, E12 | `certificates`, `connecting`, `smtp_lies` | `outbox::hours` |
//! | SMTP silence at each stage, connecting and TLS among them | A28 | `smtp_lies`, `smtp_silence` | `a_server_that_falls_silent_costs_…` |
//! | lost after the final dot by FIN, RST, silence, babble | A27 | `smtp_lies`, `smtp_silence` | `a_letter_that_was_stored_…`, here |
//! | some recipients refused | A29 | `one_refused_recipient_…` | `one_refused_recipient_of_three_…` |
//! | 4xx for hours, at each stage; a rate limit | A30, E20 | `a_temporary_refusal_at_any_stage_…` | `outbox::hours` |
//! | 5xx about the account, at each stage, for hours | A31 | `a_refused_password_or_sender_…` | `outbox::hours` |
//! | refused connections, 421, TLS that fails, for hours | A32 | `a_closing_server_…` | `outbox::hours` |

mod imap;
mod smtp;
