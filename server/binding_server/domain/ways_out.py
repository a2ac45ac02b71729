"""The ways out of refusals and diagnoses, as sentences."""

from collections.abc import Mapping

from binding_server.domain.reasons import Remedy

REMEDY_TEXTS: Mapping[Remedy, tuple[str, str]] = {
    Remedy.SIGN_IN_ESIA: (
        "Войдите в электронный дневник с логином и паролем портала «Госуслуги».",
        "Sign in to the e-diary with your Gosuslugi login and password.",
    ),
    Remedy.VERIFY_CONTACT: (
        "Получите код на номер телефона или почту и введите его.",
        "Have a code sent to the phone number or e-mail, and enter it.",
    ),
    Remedy.GRANT_VK_SCOPES: (
        "Повторите привязку и разрешите VK ID передать номер телефона или почту.",
        "Bind again and let VK ID pass on the phone number or e-mail.",
    ),
    Remedy.UNBIND_HERE: (
        "Нажмите «Отменить привязку Сферума» в профиле или «Отменить привязку профиля» на вкладке «Чаты».",
        "Press «Отменить привязку Сферума» in the profile or «Отменить привязку профиля» on the tab «Чаты».",
    ),
    Remedy.UNBIND_IN_OTHER_ACCOUNT: (
        "Войдите в учетную запись, к которой профиль привязан, нажмите «Отменить привязку профиля» на вкладке «Чаты», "
        "затем повторите привязку здесь.",
        "Sign in to the account that the profile is bound to, press «Отменить привязку профиля» on the tab «Чаты», "
        "then bind again here.",
    ),
    Remedy.REBIND_OWN_PROFILE: (
        "Привяжите свой учебный профиль: войдите во VK ID с личным номером.",
        "Bind your own learning profile: sign in at VK ID with your personal number.",
    ),
    Remedy.CREATE_LEARNING_PROFILE: (
        "Создайте учебный профиль во VK ID.",
        "Create a learning profile at VK ID.",
    ),
    Remedy.USE_OWN_CONTACT: (
        "Укажите контакт, которым пользуетесь вы сами.",
        "State a contact that you use yourself.",
    ),
    Remedy.VISIT_SCHOOL: (
        "Обратитесь в школу; возьмите с собой логины и пароли от портала «Госуслуги» и VK мессенджера.",
        "Come to the school with your sign-ins for Gosuslugi and VK Messenger.",
    ),
    Remedy.SUPPORT_TICKET: (
        "Если школа не помогла, напишите в техническую поддержку is-ecp@uprinf.ru.",
        "If the school could not help, write to technical support at is-ecp@uprinf.ru.",
    ),
    Remedy.RETRY: ("Повторите.", "Try again."),
    Remedy.RELEASE_BY_VK_PROOF: (
        "Повторите привязку и подтвердите отмену прежней: вход во VK ID докажет, что профиль ваш.",
        "Bind again and agree that the other binding ends: the sign-in at VK ID proves that the profile is yours.",
    ),
}
"""Each in Russian and in English."""
