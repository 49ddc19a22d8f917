package RT::Action::Deskbridge;

# Writes one small file for each transaction of a ticket; deskbridge-forwarder sends them. RT itself never waits for the bridge, and
# nothing is lost while the bridge is down. Files hold ids and kinds only, never the text of a ticket.

use strict;
use warnings;
use base 'RT::Action';

use JSON        ();
use Time::HiRes ();

# What says nothing new about a ticket: RT sent a mail.
my %SILENT = map { $_ => 1 } qw(EmailRecord CommentEmailRecord);

sub Prepare { return 1 }

sub Commit {
    my $self = shift;

    # Whatever goes wrong here must not spoil what a person just did in RT.
    local ( $@, $!, $? );
    eval { $self->_Queue; 1 } or RT->Logger->error("Deskbridge: no webhook queued, the bridge will find the change later: $@");
    return 1;
}

sub _Queue {
    my $self   = shift;
    my $config = _Config();
    return unless $config->{spool};
    my $ticket = $self->TicketObj;
    my @batch  = @{ $ticket->TransactionBatch || [] };
    @batch = ( $self->TransactionObj ) unless @batch;
    for my $transaction ( grep { $_ && $_->id } @batch ) {
        next if $SILENT{ $transaction->__Value('Type') };
        next if ( $config->{ignore_user} // '' ) eq $transaction->CreatorObj->__Value('Name');
        _Write( $config->{spool}, $ticket, $transaction );
    }
    return;
}

sub _Config {
    my $path = $ENV{DESKBRIDGE_RT_CONFIG} || '/etc/deskbridge-rt.json';
    open my $file, '<:raw', $path or die "$path: $!\n";
    local $/ = undef;
    return JSON::decode_json(<$file>);
}

# Under another name first: the forwarder must never see half a file. Names sort in the order of events.
sub _Write {
    my ( $spool, $ticket, $transaction ) = @_;
    my $delivery = 'txn-' . $transaction->id;
    # A merged ticket answers with the number of the one that took it in; its transactions keep their own.
    my $body     = JSON->new->utf8->canonical->encode( {
        delivery    => $delivery,
        ticket      => { id => $transaction->__Value('ObjectId') + 0, effective_id => $ticket->__Value('EffectiveId') + 0 },
        transaction => {
            id => $transaction->id + 0, type => $transaction->__Value('Type'), creator => $transaction->CreatorObj->__Value('Name'),
        },
    } );
    my $name = sprintf '%017.6f-%s', Time::HiRes::time(), $delivery;
    open my $file, '>:raw', "$spool/$name.part" or die "$spool/$name.part: $!\n";
    print {$file} $body or die "$spool/$name.part: $!\n";
    close $file or die "$spool/$name.part: $!\n";
    rename "$spool/$name.part", "$spool/$name.json" or die "$spool/$name.json: $!\n";
    return;
}

1;
