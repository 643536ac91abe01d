//! A postman over SMTP.
