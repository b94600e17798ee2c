"""Labels of the codes in `pals`, as literal tables so that gettext extraction finds each sentence."""

from collections.abc import Mapping

from bot.i18n import N_
from pals.behaviour import Answer, Behaviour, Measure, Reason
from pals.roles import Role

BEHAVIOURS: Mapping[Behaviour, str] = {
    Behaviour.DISRUPTION: N_("Disturbing the work"),
    Behaviour.NOT_FOLLOWING: N_("Not following a message"),
    Behaviour.LANGUAGE: N_("Choice of words"),
    Behaviour.UNKIND: N_("Unkind to others"),
    Behaviour.PHYSICAL: N_("Physical, nobody hurt"),
    Behaviour.DAMAGE_SMALL: N_("Things damaged, little"),
    Behaviour.LATE: N_("Late"),
    Behaviour.DIGITAL: N_("Digital use"),
    Behaviour.OTHER: N_("Something else"),
    Behaviour.FIGHT: N_("Fighting"),
    Behaviour.THREAT: N_("Threats"),
    Behaviour.DAMAGE_LARGE: N_("Things damaged, much"),
    Behaviour.LEAVING: N_("Leaving the area"),
    Behaviour.DANGER: N_("Danger to somebody"),
}

MEANINGS: Mapping[Behaviour, str] = {
    Behaviour.DISRUPTION: N_("Keeps others from working, or the lesson from going on."),
    Behaviour.NOT_FOLLOWING: N_("Does not do what an adult has asked for, also when asked again."),
    Behaviour.LANGUAGE: N_("Words that do not belong at school, aimed at nobody."),
    Behaviour.UNKIND: N_("Words or acts that hurt somebody or leave somebody out."),
    Behaviour.PHYSICAL: N_("Pushes, pulls or holds, and nobody is hurt."),
    Behaviour.DAMAGE_SMALL: N_("Something is marked or broken, and easily put right."),
    Behaviour.LATE: N_("Comes when the lesson or the activity has begun."),
    Behaviour.DIGITAL: N_("Uses phone, screen or net otherwise than agreed."),
    Behaviour.OTHER: N_("None of these, and handled there and then."),
    Behaviour.FIGHT: N_("Blows or kicks between two or more, also when nobody is hurt."),
    Behaviour.THREAT: N_("Says or shows that somebody will be hurt."),
    Behaviour.DAMAGE_LARGE: N_("Something of value is destroyed, or it becomes dangerous."),
    Behaviour.LEAVING: N_("Leaves the school grounds, or the place agreed on, without leave."),
    Behaviour.DANGER: N_("Somebody may be badly hurt if nothing is done now."),
}

MEASURES: Mapping[Measure, str] = {
    Measure.TALK: N_("Talked it over"),
    Measure.PRACTISED: N_("Practised again"),
    Measure.REPAIR: N_("Helped to make it good"),
    Measure.BREAK: N_("A break"),
    Measure.MOVED: N_("Changed seats"),
    Measure.HOME: N_("Contact with home"),
    Measure.SUPPORT: N_("Asked for support"),
    Measure.OTHER: N_("Other"),
}

REASONS: Mapping[Reason, str] = {
    Reason.PEER_ATTENTION: N_("To get contact with pupils"),
    Reason.ADULT_ATTENTION: N_("To get contact with adults"),
    Reason.GET_SOMETHING: N_("To get something"),
    Reason.AVOID_PEERS: N_("To get away from pupils"),
    Reason.AVOID_ADULTS: N_("To get away from adults"),
    Reason.AVOID_TASK: N_("To get away from a task"),
    Reason.UNKNOWN: N_("Do not know"),
}

ANSWERS: Mapping[Answer, str] = {
    Answer.DONE: N_("Practised"),
    Answer.PARTLY: N_("Partly"),
    Answer.NOT_YET: N_("Not yet"),
}

ROLES: Mapping[Role, str] = {
    Role.LEADER: N_("leader"),
    Role.TEAM: N_("PALS team"),
    Role.STAFF: N_("staff"),
    Role.ADVISOR: N_("advisor"),
    Role.OWNER: N_("school owner"),
    Role.FAMILY: N_("family"),
}
