//! Letters leave: whatever the server does, each goes once, in its order, or somebody hears why it did not.

mod faults;
mod hours;
mod interrupted;
mod manners;
mod order;
