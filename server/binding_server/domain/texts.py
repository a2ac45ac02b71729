"""Sentences that are not refusals: outcomes, diagnoses, what each row of the decision table asks."""

from collections.abc import Mapping

from binding_server.domain.catalogue import EN
from binding_server.domain.model import ChatKind, Diagnosis
from binding_server.domain.reconcile import Effect, EffectKind

_DIAGNOSES: Mapping[Diagnosis, tuple[str, str]] = {
    Diagnosis.OK: ("Привязан свой учебный профиль, все в порядке.", "The own learning profile is bound, all is well."),
    Diagnosis.PARENT_PROFILE_IN_PUPIL_ACCOUNT: (
        "В кабинете обучающегося привязан профиль родителя, поэтому видны чаты родителей.",
        "A parent's profile is bound in the pupil's account, so the parents' chats are shown.",
    ),
    Diagnosis.PUPIL_PROFILE_IN_PARENT_ACCOUNT: (
        "В кабинете родителя привязан профиль обучающегося, поэтому видны чаты обучающихся.",
        "A pupil's profile is bound in the parent's account, so the pupils' chats are shown.",
    ),
    Diagnosis.FOREIGN_PROFILE: (
        "Привязан учебный профиль другого человека.",
        "Somebody else's learning profile is bound.",
    ),
    Diagnosis.STAFF_PROFILE_IN_FAMILY_ACCOUNT: (
        "К дневнику привязан профиль сотрудника.",
        "A staff profile is bound in a family account.",
    ),
    Diagnosis.FAMILY_PROFILE_IN_STAFF_ACCOUNT: (
        "К журналу сотрудника привязан профиль обучающегося или родителя.",
        "A pupil's or parent's profile is bound in a staff account.",
    ),
    Diagnosis.CONTACT_NOT_OWNED: (
        "В привязке указан контакт другого человека.",
        "The contact stated in the binding is somebody else's.",
    ),
    Diagnosis.CONTACT_STALE: (
        "Контакт, указанный в привязке, больше не принадлежит владельцу: его сменили или им пользуется другой человек.",
        "The contact stated in the binding is the holder's no longer: it was changed, or somebody else uses it.",
    ),
    Diagnosis.UNKNOWN: (
        "Не удалось узнать, чей учебный профиль привязан и в какой он роли.",
        "It could not be found out whose learning profile is bound, and in which role.",
    ),
}

_SENTENCES: Mapping[str, tuple[str, str]] = {
    "bound": (
        "Учебный профиль привязан. Чаты класса появятся на вкладке «Чаты».",
        "The learning profile is bound. The class chats will appear on the tab «Чаты».",
    ),
    "already_bound": ("Профиль уже привязан.", "The profile is bound already."),
    "preview": ("Проверьте профиль и подтвердите привязку.", "Check the profile and confirm the binding."),
    "unbound": (
        "Связь учебного профиля отменена. Теперь можно привязать актуальный профиль.",
        "The link is undone. The right profile can be bound now.",
    ),
    "already_unbound": ("Привязка уже была отменена.", "The binding had been undone already."),
    "not_bound": ("Учебный профиль не привязан.", "No learning profile is bound."),
    "last_refused": ("Последняя попытка привязки отклонена.", "The last attempt to bind was refused."),
    "open": (
        "Пока ничто не мешает привязке; остальное решится после входа во VK ID.",
        "Nothing stands against binding so far; the rest is decided after the VK ID sign-in.",
    ),
}

_ROWS: Mapping[str, tuple[str, str]] = {
    "D1": ("Нет действующего входа через «Госуслуги».", "No live Gosuslugi session."),
    "D2": ("Учетная запись закрыта или не дает роли.", "The account is closed or gives no role."),
    "D3": ("Контакт не указан или записан неверно.", "No contact is stated, or it is malformed."),
    "D4": ("Контакт свой, но не подтвержден.", "The contact is the person's own, but not confirmed."),
    "D5": ("Обучающийся указал чужой контакт.", "A pupil stated somebody else's contact."),
    "D6": ("Родитель указал контакт ребенка.", "A parent stated the child's contact."),
    "D7": ("Контакт принадлежит третьему лицу.", "The contact is a third person's."),
    "D8": ("К учетной записи привязан другой профиль.", "The account is bound to another profile."),
    "D9": ("Человек отказался во VK ID.", "The person refused at VK ID."),
    "D10": ("Во VK ID нет учебного профиля.", "There is no learning profile at VK ID."),
    "D11": ("Неизвестно, чей это профиль VK.", "Whose VK profile it is, is not known."),
    "D12": ("Эта пара уже связана.", "This very pair is bound already."),
    "D13": (
        "Профиль привязан к другой учетной записи того же человека.",
        "The profile is bound to another account of the same person.",
    ),
    "D14": (
        "Профиль привязан к учетной записи другого человека.",
        "The profile is bound to another person's account.",
    ),
    "D15": ("В кабинете обучающегося выбран профиль родителя.", "A parent's profile in a pupil's account."),
    "D16": ("В кабинете родителя выбран профиль обучающегося.", "A pupil's profile in a parent's account."),
    "D17": ("Профиль принадлежит третьему лицу.", "The profile is a third person's."),
    "D18": ("Роль в Сферуме не подходит к учетной записи.", "The role in Sferum does not fit the account."),
    "D19": ("Все подходит: профиль привязывается.", "All fits: the profile is bound."),
    "D20": (
        "Все подходит; другой представитель ребенка уже привязан, это не мешает.",
        "All fits; another representative of the child is bound already, which does not matter.",
    ),
    "D21": ("VK ID не принял вход.", "VK ID did not accept the sign-in."),
    "D22": ("Поставщик недоступен.", "The provider is unavailable."),
}


_EFFECTS: Mapping[EffectKind, tuple[str, str]] = {
    EffectKind.ACCOUNT_OPENED: ("{account}: учетная запись открыта", "{account}: the account is open"),
    EffectKind.ACCOUNT_CLOSED: ("{account}: учетная запись закрыта", "{account}: the account is closed"),
    EffectKind.UNBOUND: (
        "{account}: привязка отменена, списки больше не дают роли",
        "{account}: the binding ends, rosters give no role any more",
    ),
    EffectKind.JOINED: ("{account}: входит в чат «{chat}»", "{account}: joins the chat «{chat}»"),
    EffectKind.LEFT: ("{account}: выходит из чата «{chat}»", "{account}: leaves the chat «{chat}»"),
    EffectKind.MOVED: (
        "{account}: теперь относится к другим организациям",
        "{account}: belongs to other organisations now",
    ),
}


def _pick(pair: tuple[str, str], language: str) -> str:
    return pair[1] if language == EN else pair[0]


def diagnosis_text(diagnosis: Diagnosis, language: str) -> str:
    """Returns what is wrong as a sentence."""
    return _pick(_DIAGNOSES[diagnosis], language)


def sentence(name: str, language: str) -> str:
    """Returns an outcome as a sentence: bound, already_bound, preview, unbound, already_unbound, not_bound,
    last_refused, open."""
    return _pick(_SENTENCES[name], language)


def row_text(row: str, language: str) -> str:
    """Returns what a row of the decision table asks."""
    return _pick(_ROWS[row], language)


def effect_text(effect: Effect, language: str) -> str:
    """Returns what follows for an account, with school, class and chat."""
    chat = ""
    if effect.chat_kind is not None:
        title = chat_title(effect.class_name or effect.class_id, effect.chat_kind)
        chat = f"{effect.organisation_name}, {title}" if effect.organisation_name else title
    return _pick(_EFFECTS[effect.kind], language).format(account=effect.account_id, chat=chat)


def chat_title(class_name: str, kind: ChatKind) -> str:
    """Returns the title of a class chat, such as «5А · Родители»."""
    return f"{class_name} · {'Обучающиеся' if kind is ChatKind.PUPILS else 'Родители'}"
