mod mail_shelf;
