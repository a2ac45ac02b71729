"""The English texts of VK ID's pages, by the Russian ones."""

from collections.abc import Mapping
from types import MappingProxyType

ENGLISH: Mapping[str, str] = MappingProxyType(
    {
        "VK ID (симулятор)": "VK ID (simulator)",
        "Симулятор для разработки и тестов. Не вводите настоящие данные.": (
            "A simulator for development and tests. Do not enter real data."
        ),
        "Приложение «{}» просит войти с VK ID.": "The application “{}” asks you to sign in with VK ID.",
        "Выберите аккаунт": "Choose an account",
        "В этом браузере уже вошли:": "Signed in in this browser:",
        "Войти в другой аккаунт": "Use another account",
        "Вход с VK ID": "Sign in with VK ID",
        "Вход через {}": "Sign in with {}",
        "Аккаунт {} симулятор не проверяет: введите телефон или почту своего VK ID.": (
            "The simulator does not ask {}: enter the phone or e-mail of your VK ID."
        ),
        "Телефон или электронная почта": "Phone or e-mail",
        "Нет аккаунта? Введите свой номер: его можно зарегистрировать на следующем шаге.": (
            "No account? Enter your number: it can be registered in the next step."
        ),
        "Продолжить": "Continue",
        "Войти через {}": "Sign in with {}",
        "Войти по телефону или почте": "Sign in with phone or e-mail",
        "Код подтверждения": "Confirmation code",
        "6 цифр из сообщения на {}": "6 digits of the message to {}",
        "Последние 4 цифры номера, с которого звонят на {}": "Last 4 digits of the number that calls {}",
        "Отвечать на звонок не нужно.": "Do not answer the call.",
        "Наружу ничего не отправляется: код лежит во входящих симулятора (страница /inbox на порту управления).": (
            "Nothing leaves this machine: the code is in the simulator's inbox (page /inbox of the control port)."
        ),
        "Подтвердить": "Confirm",
        "Отправить код ещё раз": "Send the code again",
        "Получить код звонком": "Get the code by a call",
        "Другой код можно запросить через {} с.": "Another code can be asked for in {} s.",
        "Изменить номер или почту": "Change the number or e-mail",
        "Регистрация VK ID": "Registration at VK ID",
        "Аккаунт для {} создаётся впервые.": "The account of {} is new.",
        "Имя": "First name",
        "Фамилия": "Last name",
        "Дата рождения, ДД.ММ.ГГГГ": "Date of birth, DD.MM.YYYY",
        "Пол": "Sex",
        "Женский": "Female",
        "Мужской": "Male",
        "Учебный профиль Сферума": "Sferum learning profile",
        "Создать учебный профиль": "Create a learning profile",
        "Только личный профиль": "Personal profile only",
        "Зарегистрироваться": "Register",
        "Роль в школе": "Role at school",
        "Выберите роль": "Choose a role",
        "Ученик": "Pupil",
        "Родитель": "Parent",
        "Учитель": "Teacher",
        "Школа (можно не указывать)": "School (optional)",
        "Класс (можно не указывать)": "Class (optional)",
        "Новый учебный профиль": "New learning profile",
        "Выберите профиль": "Choose a profile",
        "Приложение получит номер VK ID выбранного профиля.": (
            "The application gets the VK ID number of the chosen profile."
        ),
        "Личный профиль": "Personal profile",
        "Учебный профиль": "Learning profile",
        "номер VK ID {}": "VK ID number {}",
        "ученик": "pupil",
        "родитель": "parent",
        "учитель": "teacher",
        "администратор": "administrator",
        "Доступ к данным": "Access to data",
        "Вход как {}, номер VK ID {}.": "Signed in as {}, VK ID number {}.",
        "Приложение получит": "The application gets",
        "Имя, фамилия, фото, пол и дата рождения": "Name, picture, sex and date of birth",
        "Номер телефона": "Phone number",
        "Адрес электронной почты": "E-mail address",
        "Доступ к разделу VK API «{}»": "Access to “{}” of the VK API",
        "Разрешить": "Allow",
        "Отказаться": "Deny",
        "Вход не открылся": "The sign-in did not open",
        "Для разработчика": "For the developer",
        "Вход завершён": "Signed in",
        "Вход не состоялся": "Not signed in",
        "Это окно можно закрыть.": "You may close this window.",
        "Вернуться в приложение": "Return to the application",
        "Ссылка для родителя": "Link for a parent",
        "В этом браузере нет учебного профиля ученика.": "No pupil's learning profile in this browser.",
        "Вы присоединились как родитель": "You joined as a parent",
        "Ссылка не действует.": "The link does not work.",
        "В этом браузере вошёл ребёнок, а стать родителем самому себе нельзя. Откройте ссылку как родитель.": (
            "The child is signed in in this browser and cannot be the own parent. Open the link as the parent."
        ),
        "Продолжить как {}": "Continue as {}",
        "Закрыть": "Close",
        "Приложение, которое просит о входе, не зарегистрировано или прислало не тот адрес возврата.": (
            "The application that asks is not registered, or sent a wrong address to return to."
        ),
        "Страница устарела или открыта в другом браузере. Вернитесь в приложение и начните вход заново.": (
            "The page is too old or was opened in another browser. Return to the application and begin anew."
        ),
    }
)

ERRORS: Mapping[str, str] = MappingProxyType(
    {
        "account_unknown": "Choose an account of the list.",
        "login_invalid": "Enter a phone such as +7 900 000-00-00 or an e-mail address.",
        "resend_too_early": "It is too early for another code.",
        "call_impossible": "Only a phone can be called.",
        "code_expired": "The code does not work any more. Ask for another.",
        "code_wrong": "The code does not match.",
        "code_exhausted": "The code was wrong too often. Begin anew.",
        "profile_unknown": "Choose a profile of the list.",
        "decision_missing": "Allow the access or deny it.",
        "first_name_invalid": "Enter the first name, up to 64 characters.",
        "last_name_invalid": "Enter the last name, up to 64 characters.",
        "birthday_invalid": "Enter the date of birth as DD.MM.YYYY.",
        "sex_invalid": "Choose the sex.",
        "create_learning_invalid": "Choose whether to create a learning profile.",
        "role_invalid": "Choose a role.",
        "organisation_invalid": "The school's name has 200 characters at most.",
        "school_class_invalid": "The class's name has 50 characters at most.",
        "email_registration": "Only pupils of the classes 1 to 4 register by e-mail. Enter a phone number.",
        "parent_of_oneself": "This is the child's own account: a child cannot be the child's own parent.",
    }
)
"""What the pages say in English of an error, by its code."""
