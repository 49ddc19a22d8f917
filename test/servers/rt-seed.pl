#!/usr/bin/perl
# What a company's RT has before Deskbridge comes: queues, agents, articles. Prints logins and tokens as JSON.
use strict;
use warnings;
use utf8;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT;
RT::LoadConfig();
RT::Init();
use JSON::PP ();

my $system = RT->SystemUser;
sub must { my ( $what, $ok, $message ) = @_; die "$what: " . ( $message // 'failed' ) . "\n" unless $ok; return $ok }

my %queues;
for my $name (qw(Support VIP Security)) {
    my $queue = RT::Queue->new($system);
    must( "queue $name", $queue->Create( Name => $name, Description => $name, CorrespondAddress => lc($name) . '@rt.test' ) );
    $queues{$name} = $queue->id + 0;
}

sub make_group {
    my $group = RT::Group->new($system);
    must( "group $_[0]", $group->CreateUserDefinedGroup( Name => $_[0] ) );
    return $group;
}

sub make_user {
    my ( $name, $real_name, @groups ) = @_;
    my $user = RT::User->new($system);
    must( "user $name", $user->Create( Name => $name, RealName => $real_name, EmailAddress => "$name\@rt.test", Privileged => 1, Password => $ENV{AGENT_PASSWORD} ) );
    must( "membership of $name", $_->AddMember( $user->PrincipalId ) ) for @groups;
    my ( $ok, $message, $token ) = RT::AuthToken->new($system)->Create( Owner => $user->id, Description => 'tests' );
    must( "token of $name", $ok, $message );
    return { token => $token, password => $ENV{AGENT_PASSWORD} };
}

sub grant {
    my ( $group, $object, @rights ) = @_;
    must( "right $_", $group->PrincipalObj->GrantRight( Right => $_, Object => $object ) ) for @rights;
    return;
}

my @writing = qw(SeeQueue ShowTicket ShowTicketComments CreateTicket ReplyToTicket CommentOnTicket ModifyTicket SeeCustomField
    SetInitialCustomField ModifyCustomField);
my $agents = make_group('Agents');
grant( $agents, RT->System, @writing, qw(OwnTicket TakeTicket StealTicket ReassignTicket ShowOutgoingEmail Watch WatchAsAdminCc ModifySelf
    SeeGroup ShowArticle SeeClass CreateArticle ModifyArticle) );

# A bridge that may do as little as the documentation says, on one queue only.
my $limited = make_group('Limited');
my $support = RT::Queue->new($system);
$support->Load('Support');
grant( $limited, $support, @writing );

my $everyone = RT::Group->new($system);
$everyone->LoadSystemInternalGroup('Everyone');
grant( $everyone, RT->System, 'CreateTicket', 'ReplyToTicket', 'SeeClass', 'ShowArticle' );

my $class = RT::Class->new($system);
must( 'class', $class->Create( Name => 'KB', Description => 'Knowledge base' ) );
must( 'class for all', $class->AddToObject( RT->System ) );
my $content = RT::CustomField->new($system);
$content->LoadByCols( Name => 'Content', LookupType => 'RT::Class-RT::Article' );
must( 'class field', $content->AddToObject($class) ) unless $content->IsGlobal;
for my $row (
    [ 'Сброс пароля', 'Password reset', 'Откройте Настройки → Безопасность → Сбросить пароль.' ],
    [ 'Refund policy', 'Refunds', 'Refunds are issued within 14 days.' ],
) {
    my ( $name, $summary, $text ) = @$row;
    must( $name, RT::Article->new($system)->Create( Name => $name, Summary => $summary, Class => $class->id, 'CustomField-' . $content->id => $text ) );
}

print JSON::PP->new->canonical->encode( {
    queues => \%queues,
    users  => {
        agent1 => make_user( 'agent1', 'Agent One', $agents ), agent2 => make_user( 'agent2', 'Agent Two', $agents ),
        limited => make_user( 'limited', 'Limited Bridge', $limited ),
    },
} ), "\n";
