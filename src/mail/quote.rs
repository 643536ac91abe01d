//! Cuts quotations and signatures off a reply.
